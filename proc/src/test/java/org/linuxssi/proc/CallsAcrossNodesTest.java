package org.linuxssi.proc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.linuxssi.proc.ContainerExtension.launch;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.linuxssi.linux.ProcFiles;

/** Calls about another process give the same results, and the process is told the same, on one node and across nodes. */
@Timeout(240)
class CallsAcrossNodesTest {

    private static final int USER = 1234;
    private static final int STRANGER = 4321;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** What a sender and a receiver wrote; pids are replaced by words. */
    private record Story(String sender, String receiver) {}

    @RegisterExtension
    final ContainerExtension containers = new ContainerExtension();

    private TwoNodes nodes;
    private Path receiver;

    @BeforeEach
    void start() throws Exception {
        nodes = new TwoNodes(containers, 1, 2, 4);
        receiver = program("receiver.c");
    }

    private Path program(String name) throws Exception {
        Path program = containers.compile(ContainerExtension.program(name));
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        return program;
    }

    @AfterEach
    void stop() {
        nodes.close();
    }

    private LaunchedProgram start(int node, int user, Path output, List<String> command) throws Exception {
        Files.setPosixFilePermissions(output, PosixFilePermissions.fromString("rw-rw-rw-"));
        LaunchRequest request = LaunchRequest.of(command.toArray(String[]::new))
                .withCredentials(new LaunchRequest.Credentials(user, user, List.of()));
        return launch(nodes.containers.get(node), output, request);
    }

    /** Starts a receiver, which may move, and a program that is told of it; takes what both wrote. */
    private Story tell(Path program, int from, int fromUser, int to, int toUser, List<Integer> moves, List<String> more)
            throws Exception {
        Path heard = containers.file();
        Path said = containers.file();
        int pid = start(to, toUser, heard, List.of(receiver.toString())).pid();
        await().atMost(PATIENCE).until(() -> Files.readString(heard).endsWith(".\n"));
        String thread = Files.readString(heard).split(" ")[2];
        int place = to;
        for (int next : moves) {
            nodes.migrate(pid, place, next);
            place = next;
        }
        List<String> command = Stream.concat(Stream.of(program.toString()), more.stream())
                .map(word -> word.equals("PID") ? "" + pid : word.equals("TID") ? thread : word)
                .map(word -> word.equals("OUTPUT") ? heard.toString() : word)
                .toList();
        LaunchedProgram telling = start(from, fromUser, said, command);
        assertThat(telling.end().get(120, TimeUnit.SECONDS).code()).isZero();
        String receiverSaid = Files.readString(heard)
                .replace(pid + " " + thread, "PID TID")
                .replace("from " + telling.pid() + " ", "from SENDER ");
        nodes.tables.get(place).kill(List.of(pid));
        return new Story(Files.readString(said), receiverSaid);
    }

    private Story signals(int from, int fromUser, int to, int toUser, List<Integer> moves, String... more)
            throws Exception {
        List<String> arguments = new ArrayList<>(List.of("PID", "TID", "OUTPUT"));
        arguments.addAll(List.of(more));
        return tell(program("sender.c"), from, fromUser, to, toUser, moves, arguments);
    }

    private Story probes(int from, int to, List<Integer> moves) throws Exception {
        return tell(program("prober.c"), from, 0, to, USER, moves, List.of("PID", "TID", "" + USER));
    }

    private Story watch(int from, int to, List<Integer> moves) throws Exception {
        return tell(program("watcher.c"), from, 0, to, 0, moves, List.of("PID", "OUTPUT", "TID"));
    }

    @Test
    void aProcessOfAnotherNodeAndItsThreads() throws Exception {
        Story here = signals(2, 0, 2, 0, List.of(), "threads");
        assertThat(here.receiver()).contains("signal 15 code 0 from SENDER user 0");
        assertThat(signals(0, 0, 2, 0, List.of(), "threads")).isEqualTo(here);
    }

    @Test
    void aProcessThatMovedSeenFromItsHomeAndFromAThirdNode() throws Exception {
        Story here = signals(0, 0, 0, 0, List.of());
        assertThat(signals(0, 0, 0, 0, List.of(1))).isEqualTo(here);
        Story threads = signals(0, 0, 0, 0, List.of(), "threads");
        assertThat(signals(2, 0, 0, 0, List.of(1), "threads")).isEqualTo(threads);
    }

    @Test
    void usersAmongThemselves() throws Exception {
        Story here = signals(2, USER, 2, USER, List.of(), "threads");
        assertThat(here.receiver()).contains("user " + USER);
        assertThat(signals(0, USER, 2, USER, List.of(), "threads")).isEqualTo(here);
    }

    @Test
    void nobodySignalsTheProcessesOfOthers() throws Exception {
        Story here = signals(2, STRANGER, 2, USER, List.of(), "threads");
        assertThat(here.sender()).contains("EPERM");
        assertThat(signals(0, STRANGER, 2, USER, List.of(), "threads")).isEqualTo(here);
        Story root = signals(2, USER, 2, 0, List.of(), "threads");
        assertThat(signals(0, USER, 2, 0, List.of(1), "threads")).isEqualTo(root);
    }

    @Test
    void prioritiesOfAProcessElsewhere() throws Exception {
        Story here = probes(2, 2, List.of());
        assertThat(here.sender()).contains("EACCES", "EPERM", "size 56");
        assertThat(probes(0, 2, List.of())).isEqualTo(here);
    }

    @Test
    void prioritiesOfAProcessThatMoved() throws Exception {
        Story here = probes(0, 0, List.of());
        assertThat(probes(0, 0, List.of(1))).isEqualTo(here);
        assertThat(probes(2, 0, List.of(1))).isEqualTo(here);
    }

    @Test
    void descriptorsOfProcessesElsewhere() throws Exception {
        Story here = watch(2, 2, List.of());
        assertThat(here.sender()).contains("poll(&poller, 1, 30000) = 1");
        assertThat(watch(0, 2, List.of())).isEqualTo(here);
        assertThat(watch(2, 2, List.of(1))).isEqualTo(here);
        assertThat(watch(0, 2, List.of(1))).isEqualTo(here);
    }

    private int start(int node, int user, String... command) throws Exception {
        Path output = containers.file();
        int pid = start(node, user, output, List.of(command)).pid();
        await().atMost(PATIENCE).until(() -> nodes.tables.get(node).owner(pid) == user);
        return pid;
    }

    private long niceValue(int node, int pid) {
        return ProcFiles.stat(nodes.tables.get(node).hostPid(pid)).field(19);
    }

    private String ended(int node, int user, String... command) throws Exception {
        Path output = containers.file();
        LaunchedProgram program = start(node, user, output, List.of(command));
        int code = program.end().get(60, TimeUnit.SECONDS).code();
        return code + " " + Files.readString(output);
    }

    @Test
    void reniceReachesAllOfAUserAndOfAGroup() throws Exception {
        Path output = containers.file();
        int shell = start(0, USER, output, List.of("bash", "-c", "sleep 1000 & echo $! .; wait"))
                .pid();
        await().atMost(PATIENCE).until(() -> Files.readString(output).endsWith(".\n"));
        int child = Integer.parseInt(Files.readString(output).split(" ")[0]);
        nodes.migrate(child, 0, 1);
        int other = start(2, USER, "sleep", "1000");
        int strange = start(2, STRANGER, "sleep", "1000");
        String group = Integer.toString(shell);
        assertThat(ended(2, 0, "renice", "-n", "5", "-g", group)).startsWith("0 ");
        assertThat(List.of(niceValue(0, shell), niceValue(1, child), niceValue(2, other)))
                .containsExactly(5L, 5L, 0L);
        assertThat(ended(0, 0, "renice", "-n", "3", "-p", Integer.toString(child)))
                .startsWith("0 ");
        String ask = "import os; print(os.getpriority(os.PRIO_PGRP, %s), os.getpriority(os.PRIO_USER, %d))";
        assertThat(ended(2, 0, "python3", "-c", String.format(ask, group, USER)))
                .isEqualTo("0 3 0\n");
        assertThat(ended(1, USER, "renice", "-n", "8", "-u", "" + USER)).startsWith("0 ");
        assertThat(List.of(niceValue(0, shell), niceValue(1, child), niceValue(2, other), niceValue(2, strange)))
                .containsExactly(8L, 8L, 8L, 0L);
        assertThat(ended(2, USER, "renice", "-n", "2", "-g", group))
                .startsWith("1 ")
                .contains("Permission denied");
        assertThat(ended(0, STRANGER, "renice", "-n", "9", "-g", group))
                .startsWith("1 ")
                .contains("not permitted");
        assertThat(niceValue(1, child)).isEqualTo(8);
    }

    @Test
    void aWrongSignalToTheOwnGroupThatIsSpread() throws Exception {
        Path output = containers.file();
        String program = """
                import errno, os, signal, subprocess
                signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
                print(subprocess.Popen(['sleep', '1000']).pid, '.', flush=True)
                signal.sigwait({signal.SIGUSR1})
                for group, number in ((os.getpgrp(), 65), (os.getpgrp(), -1), (os.getpgrp(), 0), (1000000, 65)):
                    try:
                        os.kill(-group, number)
                        print('ok')
                    except OSError as error:
                        print(errno.errorcode[error.errno])
                """;
        LaunchedProgram asking = start(0, 0, output, List.of("python3", "-c", program));
        await().atMost(PATIENCE).until(() -> Files.readString(output).endsWith(".\n"));
        nodes.migrate(Integer.parseInt(Files.readString(output).split(" ")[0]), 0, 1);
        assertThat(ended(0, 0, "kill", "-USR1", "" + asking.pid())).startsWith("0 ");
        asking.end().get(60, TimeUnit.SECONDS);
        assertThat(Files.readString(output)).endsWith(".\nEINVAL\nEINVAL\nok\nESRCH\n");
    }
}
