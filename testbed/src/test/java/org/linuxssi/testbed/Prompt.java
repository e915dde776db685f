package org.linuxssi.testbed;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import org.linuxssi.cli.Cli;

/** Where tests type commands to the nodes of a test bed: to node 0 unless a line names another by {@code --on}. */
record Prompt(RunDirectory directory) {

    /** Types a line; its words are separated by one space. */
    Result type(String line) {
        return typeAsIs(line.contains("--on") ? line : line.replaceFirst(" ", " --on 0 "));
    }

    /** Types a line to no node. */
    Result typeAsIs(String line) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        List<String> words = List.of(line.split(" "));
        Map<String, String> environment =
                Map.of("LINUXSSI_RUN", directory.root().toString());
        int status = new Cli(environment, new PrintWriter(out), new PrintWriter(err))
                .execute(words.getFirst(), words.subList(1, words.size()));
        return new Result(status, out.toString(), err.toString());
    }

    /** Types a line that succeeds, and expects this output and no message. */
    void types(String line, String output) {
        assertThat(type(line)).describedAs(line).isEqualTo(new Result(0, output, ""));
    }

    /** Types a line that fails, and expects this one message. */
    void refuses(String line, String message) {
        Result result = type(line);
        assertThat(result.messages()).describedAs(line).isEqualTo(message + "\n");
        assertThat(result.exit()).describedAs(line).isEqualTo(1);
    }
}
