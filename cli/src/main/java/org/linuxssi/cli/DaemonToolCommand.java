package org.linuxssi.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code krg init}, {@code join-token} and {@code join}: the daemon's program does them. */
@Command
final class DaemonToolCommand implements Callable<Integer> {

    private final String tool;

    @Parameters(arity = "0..*", paramLabel = "ARG", description = "as krgd takes them")
    private List<String> arguments = new ArrayList<>();

    DaemonToolCommand(String tool) {
        this.tool = tool;
    }

    @Override
    public Integer call() throws InterruptedException {
        String home = System.getProperty("linuxssi.home", "");
        if (home.isEmpty()) {
            throw new IllegalStateException(tool + ": the image's directory is not known; start krg by its launcher");
        }
        List<String> line = new ArrayList<>(List.of(Path.of(home, "bin", "krgd").toString(), tool));
        line.addAll(arguments);
        try {
            return new ProcessBuilder(line).inheritIO().start().waitFor();
        } catch (IOException problem) {
            throw new UncheckedIOException("start " + line.getFirst(), problem);
        }
    }
}
