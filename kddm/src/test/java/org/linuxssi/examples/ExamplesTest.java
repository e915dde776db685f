package org.linuxssi.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The examples of docs/kddm.md as programs of their own. */
@Timeout(180)
class ExamplesTest {

    private static final int NODES = 3;

    @TempDir
    Path directory;

    private final List<Process> programs = new ArrayList<>();
    private String addresses = "";

    @BeforeEach
    void reserve() throws IOException {
        List<ServerSocket> sockets = new ArrayList<>();
        List<String> list = new ArrayList<>();
        for (int i = 0; i < NODES; i++) {
            ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
            sockets.add(socket);
            list.add("127.0.0.1:" + socket.getLocalPort());
        }
        for (ServerSocket socket : sockets) {
            socket.close();
        }
        addresses = String.join(",", list);
    }

    @AfterEach
    void end() {
        programs.forEach(Process::destroyForcibly);
    }

    private void start(Class<?> example, String... more) throws IOException {
        for (int number = 0; number < NODES; number++) {
            List<String> command = new ArrayList<>(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:TieredStopAtLevel=1",
                    "-cp",
                    System.getProperty("java.class.path"),
                    example.getName(),
                    Integer.toString(number),
                    addresses));
            command.addAll(List.of(more));
            programs.add(new ProcessBuilder(command)
                    .redirectError(directory.resolve("errors" + number).toFile())
                    .start());
        }
    }

    private List<String> outputs() throws Exception {
        List<String> outputs = new ArrayList<>();
        for (Process program : programs) {
            outputs.add(new String(program.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip());
            assertThat(program.waitFor(60, TimeUnit.SECONDS)).isTrue();
        }
        return outputs;
    }

    @Test
    void aLockedFileIsWrittenByOneProgramAtATime() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        start(LockManager.class, file.toString(), "30");

        assertThat(outputs()).containsExactly("done", "done", "done");
        List<String> lines = Files.readAllLines(file);
        assertThat(lines).hasSize(2 * NODES * 30);
        for (int i = 0; i < lines.size(); i += 2) {
            assertThat(lines.get(i + 1)).isEqualTo(lines.get(i).replace("begin", "end"));
        }
    }

    @Test
    void aSharedMapCountsWhatAllProgramsDid() throws Exception {
        start(SharedMap.class, "100");

        assertThat(outputs())
                .hasSize(NODES)
                .allMatch(line -> line.equals("sum " + 100 * NODES + ", node 0, node 1, node 2"));
    }
}
