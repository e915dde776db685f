package org.linuxssi.proc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;
import static org.linuxssi.proc.ContainerExtension.end;
import static org.linuxssi.proc.ContainerExtension.launch;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.Signals;
import org.linuxssi.linux.WaitStatus;

/** Processes that move with all they are, between containers of one machine. */
@Timeout(120)
class RealMigrationTest {

    @RegisterExtension
    final ContainerExtension containers = new ContainerExtension();

    private TwoNodes nodes;
    private Path output;

    @BeforeEach
    void start() throws Exception {
        nodes = new TwoNodes(containers, 1, 2, 4);
        output = containers.file();
    }

    @AfterEach
    void stop() {
        nodes.close();
    }

    private int lines() throws Exception {
        return (int) Files.readString(output).lines().count();
    }

    private void awaitLines(int count) {
        await().pollInterval(Duration.ofMillis(10)).until(() -> lines() >= count);
    }

    private void awaitNothingLeft() {
        await().untilAsserted(() -> assertThat(nodes.tables)
                .allSatisfy(table -> assertThat(table.proxies()).isEmpty()));
        await().untilAsserted(() -> assertThat(nodes.containers)
                .allSatisfy(one -> assertThat(one.processes()).isEmpty()));
    }

    /** Moves a process around the nodes between two lines of its output. */
    private void tour(int pid, int moves) throws Exception {
        for (int i = 0; i < moves; i++) {
            awaitLines(lines() + 1);
            nodes.migrate(pid, i % 3, (i + 1) % 3);
        }
    }

    private static List<String> numbers(int count) {
        return IntStream.range(0, count).mapToObj(Integer::toString).toList();
    }

    @Test
    void aCounterGoesRoundTheNodes() throws Exception {
        Path binary = containers.compile("""
                #include <stdio.h>
                #include <unistd.h>
                int main(void) {
                    for (int i = 0; i < 150; i++) { printf("%d\\n", i); fflush(stdout); usleep(20000); }
                    return 9;
                }
                """);
        LaunchedProgram program = launch(nodes.containers.get(0), output, LaunchRequest.of(binary.toString()));
        tour(program.pid(), 9);
        assertThat(end(program)).isEqualTo(WaitStatus.ofExit(9));
        assertThat(Files.readAllLines(output)).isEqualTo(numbers(150));
        awaitNothingLeft();
    }

    @Test
    void processorTimeAndStartAreThoseOfTheWholeLife() throws Exception {
        Path binary = containers.compile("""
                #include <stdio.h>
                #include <time.h>
                #include <unistd.h>
                int main(void) {
                    if (fork() == 0) { pause(); }
                    while (clock() < CLOCKS_PER_SEC / 2) { }
                    printf("burnt\\n"); fflush(stdout);
                    for (;;) pause();
                }
                """);
        LaunchedProgram program = launch(nodes.containers.get(0), output, LaunchRequest.of(binary.toString()));
        int pid = program.pid();
        awaitLines(1);
        History first = nodes.tables.get(0).history(pid);
        assertThat(first.used().user() + first.used().system()).isGreaterThanOrEqualTo(40);
        long used = 0;
        for (int node : new int[] {1, 2, 0, 1}) {
            nodes.migrate(pid, node == 0 ? 2 : node - 1, node);
            History now = nodes.tables.get(node).history(pid);
            assertThat(now.startMillis()).isCloseTo(first.startMillis(), within(50L));
            assertThat(now.used().user() + now.used().system())
                    .isGreaterThanOrEqualTo(used)
                    .isGreaterThanOrEqualTo(40);
            used = now.used().user() + now.used().system();
        }
        assertThat(nodes.tables.get(0).timeShift(pid)).isEmpty();
        assertThat(nodes.tables.get(1).timeShift(pid)).isPresent();
        nodes.containers.get(1).processes().forEach(host -> Signals.kill(host, Signals.SIGKILL));
        nodes.containers.get(0).processes().forEach(host -> Signals.kill(host, Signals.SIGKILL));
        await().until(() -> nodes.tables.get(1).timeShift(pid).isEmpty());
        awaitNothingLeft();
    }

    @Test
    void aShellMovesWhileItStartsChildrenAndWaitsForThem() throws Exception {
        String script =
                "i=0; while [ $i -lt 100 ]; do (exit 3); [ $? = 3 ] || echo bad; echo $i; sleep 0.02; i=$((i+1)); done; exit 4";
        LaunchedProgram program = launch(nodes.containers.get(0), output, LaunchRequest.of("bash", "-c", script));
        tour(program.pid(), 9);
        assertThat(end(program)).isEqualTo(WaitStatus.ofExit(4));
        assertThat(Files.readAllLines(output)).isEqualTo(numbers(100));
        awaitNothingLeft();
    }

    @Test
    void aChildOfAnotherUserMovesWhileItsParentWaits() throws Exception {
        Files.setPosixFilePermissions(output, PosixFilePermissions.fromString("rw-rw-rw-"));
        Path script = containers.file();
        Files.writeString(script, "i=0; while [ $i -lt 150 ]; do echo $i; sleep 0.02; i=$((i+1)); done; id -u; exit 5");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rw-r--r--"));
        Path child = containers.file();
        Files.setPosixFilePermissions(child, PosixFilePermissions.fromString("rw-rw-rw-"));
        LaunchRequest request = LaunchRequest.of(
                        "bash", "-c", "bash " + script + " & echo $! > " + child + "; wait $!; echo got $?")
                .withCredentials(new LaunchRequest.Credentials(1234, 1234, List.of()));
        LaunchedProgram program = launch(nodes.containers.get(0), output, request);
        awaitLines(1);
        tour(Integer.parseInt(Files.readString(child).trim()), 6);
        assertThat(end(program)).isEqualTo(WaitStatus.ofExit(0));
        List<String> lines = Files.readAllLines(output);
        assertThat(lines.subList(0, 150)).isEqualTo(numbers(150));
        assertThat(lines.subList(150, 152)).containsExactly("1234", "got 5");
        awaitNothingLeft();
    }

    @Test
    void parentAndChildMoveIndependently() throws Exception {
        Path child = containers.file();
        String script = "(i=0; while [ $i -lt 150 ]; do echo $i; sleep 0.03; i=$((i+1)); done; exit 6) & echo $! > "
                + child + "; wait $!; echo got $?; exit 7";
        LaunchedProgram program = launch(nodes.containers.get(0), output, LaunchRequest.of("bash", "-c", script));
        awaitLines(1);
        await().until(() -> Files.readString(child).endsWith("\n"));
        int pid = Integer.parseInt(Files.readString(child).trim());
        nodes.migrate(program.pid(), 0, 1);
        nodes.migrate(pid, 0, 2);
        awaitLines(lines() + 2);
        nodes.migrate(program.pid(), 1, 2);
        nodes.migrate(pid, 2, 0);
        awaitLines(lines() + 2);
        nodes.migrate(program.pid(), 2, 0);
        assertThat(end(program)).isEqualTo(WaitStatus.ofExit(7));
        List<String> lines = Files.readAllLines(output);
        assertThat(lines.subList(0, 150)).isEqualTo(numbers(150));
        assertThat(lines.getLast()).isEqualTo("got 6");
        awaitNothingLeft();
    }

    @Test
    void aProcessThatEndsWhileItsHomeMakesReadyForItIsNotMissed() throws Exception {
        Path go = containers.file();
        String script = "echo ready; while [ ! -s " + go + " ]; do sleep 0.02; done; exit 8";
        LaunchedProgram program = launch(nodes.containers.get(0), output, LaunchRequest.of("bash", "-c", script));
        awaitLines(1);
        nodes.migrate(program.pid(), 0, 1);
        nodes.expect(program.pid(), 1, 0);
        Files.writeString(go, "now");
        await().until(() -> nodes.tables.get(1).here().isEmpty());
        await().during(Duration.ofMillis(200)).until(() -> !program.end().isDone());
        nodes.tables.get(0).abandon(program.pid());
        assertThat(end(program)).isEqualTo(WaitStatus.ofExit(8));
        awaitNothingLeft();
    }

    /** What a parent hears of a child: {@code 5 stopped}, {@code 5 goes on}, {@code 5 ended}. */
    private static final String WATCHFUL_PARENT = """
            #include <signal.h>
            #include <stdio.h>
            #include <sys/wait.h>
            #include <unistd.h>
            int main(void) {
                int status;
                pid_t child = fork();
                if (child == 0) { for (int i = 0;; i++) usleep(1000); }
                printf("%d\\n", child); fflush(stdout);
                while (waitpid(child, &status, WUNTRACED | WCONTINUED) == child) {
                    if (WIFSTOPPED(status)) printf("stopped %d\\n", WSTOPSIG(status));
                    else if (WIFCONTINUED(status)) printf("goes on\\n");
                    else { printf("ended %d\\n", status); fflush(stdout); return 3; }
                    fflush(stdout);
                }
                return 4;
            }
            """;

    private char stateOf(int pid, int node) {
        return ProcFiles.stat(nodes.tables.get(node).hostPid(pid)).state();
    }

    @Test
    void aStoppedProcessMovesAndItsParentHearsNothing() throws Exception {
        Path binary = containers.compile(WATCHFUL_PARENT);
        LaunchedProgram program = launch(nodes.containers.get(0), output, LaunchRequest.of(binary.toString()));
        awaitLines(1);
        int child = Integer.parseInt(Files.readAllLines(output).getFirst());
        Signals.kill(nodes.tables.get(0).hostPid(child), Signals.SIGSTOP);
        awaitLines(2);
        for (int[] move : new int[][] {{0, 1}, {1, 2}, {2, 0}, {0, 1}}) {
            nodes.migrate(child, move[0], move[1]);
            await().until(() -> stateOf(child, move[1]) == 'T');
        }
        Signals.kill(nodes.tables.get(1).hostPid(child), Signals.SIGCONT);
        awaitLines(3);
        Signals.kill(nodes.tables.get(1).hostPid(child), Signals.SIGSTOP);
        awaitLines(4);
        nodes.migrate(child, 1, 0);
        await().until(() -> stateOf(child, 0) == 'T');
        Signals.kill(nodes.tables.get(0).hostPid(child), Signals.SIGKILL);
        assertThat(end(program)).isEqualTo(WaitStatus.ofExit(3));
        assertThat(Files.readAllLines(output))
                .containsExactly(Integer.toString(child), "stopped 19", "goes on", "stopped 19", "ended 9");
        awaitNothingLeft();
    }

    /** The image was complete already and knows nothing of it. */
    @Test
    void aProcessThatIsStoppedWhileItMovesStopsWhereItComes() throws Exception {
        LaunchedProgram program = launch(
                nodes.containers.get(0),
                output,
                LaunchRequest.of("bash", "-c", "for ((i = 0; ; i++)); do echo $i; sleep 0.02; done"));
        awaitLines(2);
        int pid = program.pid();
        int here = nodes.tables.get(0).hostPid(pid);
        nodes.migrate(pid, 0, 1, () -> Signals.kill(here, Signals.SIGSTOP));
        await().untilAsserted(() -> assertThat(stateOf(pid, 1)).isEqualTo('T'));
        int written = lines();
        Signals.kill(nodes.tables.get(1).hostPid(pid), Signals.SIGCONT);
        awaitLines(written + 3);
        Signals.kill(nodes.tables.get(1).hostPid(pid), Signals.SIGKILL);
        assertThat(end(program)).isEqualTo(WaitStatus.ofSignal(Signals.SIGKILL));
    }

    @Test
    void aProcessWithAnotherRootDirectoryGoesRoundTheNodesAndStaysWhenAMoveFails() throws Exception {
        Path binary = containers.compile("""
                #include <stdio.h>
                #include <unistd.h>
                int main(void) {
                    char place[100];
                    if (chroot("/usr") || chdir("/lib")) return 1;
                    for (int i = 0; i < 100; i++) {
                        printf("%s %d\\n", getcwd(place, sizeof place), access("/bin/env", X_OK)); fflush(stdout);
                        usleep(20000);
                    }
                    return 9;
                }
                """);
        LaunchedProgram program = launch(nodes.containers.get(0), output, LaunchRequest.of(binary.toString()));
        int pid = program.pid();
        awaitLines(1);
        nodes.migrateInVain(pid, 0, 1);
        nodes.migrate(pid, 0, 1);
        nodes.migrateInVain(pid, 1, 0);
        nodes.migrate(pid, 1, 0);
        tour(pid, 5);
        assertThat(end(program)).isEqualTo(WaitStatus.ofExit(9));
        assertThat(Files.readAllLines(output)).hasSize(100).containsOnly("/lib 0");
        awaitNothingLeft();
    }

    @Test
    void aStoppedProcessThatDoesNotComeAfterAllStaysStopped() throws Exception {
        Path binary = containers.compile(WATCHFUL_PARENT);
        LaunchedProgram program = launch(nodes.containers.get(0), output, LaunchRequest.of(binary.toString()));
        awaitLines(1);
        int child = Integer.parseInt(Files.readAllLines(output).getFirst());
        nodes.migrate(child, 0, 1);
        Signals.kill(nodes.tables.get(1).hostPid(child), Signals.SIGSTOP);
        awaitLines(2);
        nodes.expect(child, 1, 0);
        nodes.tables.get(0).abandon(child);
        nodes.migrate(child, 1, 0);
        Signals.kill(nodes.tables.get(0).hostPid(child), Signals.SIGCONT);
        awaitLines(3);
        Signals.kill(nodes.tables.get(0).hostPid(child), Signals.SIGKILL);
        assertThat(end(program)).isEqualTo(WaitStatus.ofExit(3));
        assertThat(Files.readAllLines(output))
                .containsExactly(Integer.toString(child), "stopped 19", "goes on", "ended 9");
        awaitNothingLeft();
    }
}
