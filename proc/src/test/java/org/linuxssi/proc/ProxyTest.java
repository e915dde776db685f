package org.linuxssi.proc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.linuxssi.proc.ContainerExtension.end;
import static org.linuxssi.proc.ContainerExtension.launch;
import static org.linuxssi.proc.ContainerExtension.shell;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.Signals;
import org.linuxssi.linux.WaitStatus;
import org.linuxssi.tools.NodeId;

@Timeout(90)
class ProxyTest {

    @RegisterExtension
    final ContainerExtension containers = new ContainerExtension();

    private TwoNodes nodes;
    private Path output;
    private Path remote;

    @BeforeEach
    void start() throws Exception {
        nodes = new TwoNodes(containers, 1, 2, 4);
        output = containers.file();
        remote = containers.file();
    }

    @AfterEach
    void stop() {
        nodes.close();
    }

    private Container container(int index) {
        return nodes.containers.get(index);
    }

    private void awaitText(Path file, String text) {
        await().untilAsserted(() -> assertThat(Files.readString(file)).contains(text));
    }

    /** Launches a bash on node 1 that starts a child and waits for it; returns the child's pid. */
    private int parentWithChild(String after) throws Exception {
        shell(
                container(0),
                output,
                "exec bash -c 'sleep 1000 & echo child $! child; wait $!; echo got $?; " + after + "'");
        awaitText(output, " child\n");
        return Integer.parseInt(Files.readString(output).split(" ")[1]);
    }

    @Test
    void aParentWaitsForAChildThatMovedAndExits() throws Exception {
        int child = parentWithChild("true");
        nodes.replace(child, 0, 1, "echo $$ $PPID; exit 7", remote);
        awaitText(output, "got 7");
        assertThat(Files.readString(remote)).startsWith(child + " ");
        await().until(() -> nodes.tables.get(1).proxies().isEmpty());
        await().until(() -> nodes.tables.get(0).proxies().isEmpty());
    }

    /** The node is asked to make ready for a process that has just ended elsewhere. */
    @Test
    void aStandInThatIsAboutToEndIsNotTakenForTheProcess() throws Exception {
        int child = parentWithChild("true");
        nodes.replace(child, 0, 1, "echo ready; sleep 1000", remote);
        awaitText(remote, "ready");
        ProcessTable table = nodes.tables.get(0);
        Relations relations = nodes.tables.get(1).relations(child);
        int parent = table.hostPid(relations.self().parent());
        Signals.kill(parent, Signals.SIGSTOP);
        Proxy standIn = table.proxyMap().get(child).orElseThrow();
        standIn.end(WaitStatus.ofExit(7));
        standIn.dismiss();
        assertThatThrownBy(() -> table.prepare(relations, PidRange.homeOf(child)))
                .isInstanceOfSatisfying(ErrnoException.class, refusal -> assertThat(refusal.errno())
                        .isEqualTo(Errno.EAGAIN));
        Signals.kill(parent, Signals.SIGCONT);
        awaitText(output, "got 7");
        nodes.tables.get(1).kill(List.of(child));
    }

    @Test
    void aParentSeesTheSignalThatKilledItsChildElsewhere() throws Exception {
        int child = parentWithChild("true");
        nodes.replace(child, 0, 1, "kill -SEGV $$", remote);
        awaitText(output, "got 139");
    }

    @Test
    void aMovedProgramOfTheLauncherReportsItsEnd() throws Exception {
        LaunchedProgram program = launch(container(0), output, LaunchRequest.of("sleep", "1000"));
        nodes.replace(program.pid(), 0, 1, "exit 5", remote);
        assertThat(end(program)).isEqualTo(WaitStatus.ofExit(5));
    }

    @Test
    void signalsReachAProcessElsewhereWithTheirSender() throws Exception {
        int child = parentWithChild("true");
        nodes.replace(
                child,
                0,
                1,
                "trap 'echo usr1' USR1; trap 'echo term; exit 3' TERM; echo ready; while :; do sleep 0.02; done",
                remote);
        awaitText(remote, "ready");
        shell(container(0), output, "kill -USR1 " + child);
        awaitText(remote, "usr1");
        shell(container(1), output, "kill -0 " + child + " && kill -TERM " + child);
        awaitText(output, "got 3");
    }

    @Test
    void killFromANodeThatHasNoProxyIsForwarded() throws Exception {
        int child = parentWithChild("true");
        nodes.replace(child, 0, 1, "echo ready; sleep 1000", remote);
        awaitText(remote, "ready");
        LaunchedProgram killer = shell(container(2), output, "kill -0 " + child + " && kill -9 " + child);
        assertThat(end(killer)).isEqualTo(WaitStatus.ofExit(0));
        awaitText(output, "got 137");
        assertThat(end(shell(container(2), output, "kill -0 " + child)).code()).isEqualTo(1);
    }

    @Test
    void entriesOfProcessesThatEndedUnnoticedAreDropped() throws Exception {
        int child = parentWithChild("true");
        nodes.replace(child, 0, 1, "echo ready; sleep 1000", remote);
        awaitText(remote, "ready");
        NodeId elsewhere = nodes.directory.where(child);
        int ended = child + 1000;
        nodes.directory.moved(ended, elsewhere);
        nodes.tables.get(0).nodeBack();
        await().until(() -> nodes.directory.where(ended).equals(PidRange.homeOf(child)));
        assertThat(nodes.directory.where(child)).isEqualTo(elsewhere);
        assertThat(elsewhere).isNotEqualTo(PidRange.homeOf(child));
    }

    @Test
    void usersMayOnlySignalTheirOwnProcessesElsewhere() throws Exception {
        int child = parentWithChild("true");
        nodes.replace(child, 0, 1, "echo ready; sleep 1000", remote);
        awaitText(remote, "ready");
        Files.setPosixFilePermissions(output, PosixFilePermissions.fromString("rw-rw-rw-"));
        LaunchRequest request = LaunchRequest.of("sh", "-c", "kill -9 " + child)
                .withCredentials(new LaunchRequest.Credentials(1234, 1234, List.of()));
        assertThat(end(launch(container(0), output, request)).code()).isEqualTo(1);
        assertThat(end(launch(container(2), output, request)).code()).isEqualTo(1);
        assertThat(Files.readString(output)).contains("not permitted");
    }

    @Test
    void stoppingAndContinuingIsSeenByTheParent() throws Exception {
        Path script = containers.file();
        Files.writeString(script, """
                import os, sys, time
                pid = os.fork()
                if pid == 0:
                    time.sleep(1000)
                print("child", pid, "child", flush=True)
                _, status = os.waitpid(pid, os.WUNTRACED)
                print("stopped", os.WSTOPSIG(status), flush=True)
                os.kill(pid, 18)
                _, status = os.waitpid(pid, os.WCONTINUED)
                print("continued", os.WIFCONTINUED(status), flush=True)
                os.kill(pid, 19)
                _, status = os.waitpid(pid, os.WUNTRACED)
                print("stopped", os.WSTOPSIG(status), flush=True)
                os.kill(pid, 9)
                _, status = os.waitpid(pid, 0)
                print("killed", os.WTERMSIG(status), flush=True)
                """);
        launch(
                container(0),
                output,
                LaunchRequest.of("python3", script.toString())
                        .withEnvironment(List.of("PATH=" + System.getenv("PATH"), "HOME=/root")));
        awaitText(output, " child\n");
        int child = Integer.parseInt(Files.readString(output).split(" ")[1]);
        nodes.replace(child, 0, 1, "echo ready; kill -STOP $$; echo on; while :; do sleep 0.1; done", remote);
        awaitText(output, "killed 9");
        assertThat(Files.readString(output)).endsWith("stopped 19\ncontinued True\nstopped 19\nkilled 9\n");
        assertThat(Files.readString(remote)).isEqualTo("ready\non\n");
    }

    @Test
    void aKillThatIsInterruptedAndMadeAgainIsSentOnce() throws Exception {
        Path receiver = containers.compile("""
                #define _GNU_SOURCE
                #include <signal.h>
                #include <stdio.h>
                #include <time.h>
                int main(void) {
                    sigset_t set;
                    struct timespec limit = {5, 0};
                    int count = 0;
                    sigemptyset(&set);
                    sigaddset(&set, SIGRTMIN);
                    sigprocmask(SIG_BLOCK, &set, 0);
                    puts("ready"); fflush(stdout);
                    while (sigtimedwait(&set, 0, &limit) > 0) { count++; limit.tv_sec = 2; }
                    printf("got %d\\n", count);
                }
                """);
        Path sender = containers.compile("""
                #define _GNU_SOURCE
                #include <signal.h>
                #include <stdio.h>
                #include <stdlib.h>
                #include <sys/time.h>
                static void tick(int signal) { (void) signal; }
                int main(int argc, char **argv) {
                    struct sigaction action = {.sa_handler = tick, .sa_flags = SA_RESTART};
                    struct itimerval timer = {{0, 1000}, {0, 1000}};
                    sigaction(SIGALRM, &action, 0);
                    setitimer(ITIMER_REAL, &timer, 0);
                    for (int i = 0; i < 200; i++) if (kill(atoi(argv[argc - 1]), SIGRTMIN)) { dprintf(1, "kill %d: %m\\n", i); return 1; }
                    return 0;
                }
                """);
        LaunchedProgram counting = launch(container(2), remote, LaunchRequest.of(receiver.toString()));
        awaitText(remote, "ready");
        LaunchRequest sending = LaunchRequest.of(sender.toString(), Integer.toString(counting.pid()));
        assertThat(end(launch(container(0), output, sending)))
                .describedAs(Files.readString(output))
                .isEqualTo(WaitStatus.ofExit(0));
        assertThat(end(counting)).isEqualTo(WaitStatus.ofExit(0));
        assertThat(signalsOf(Files.readString(remote))).isBetween(200, 202);
    }

    /**
     * Very seldom the kernel makes a call again although it took the answer, having seen a signal at that moment. Without
     * care for calls that are made again thousands of signals come.
     */
    private static int signalsOf(String text) {
        assertThat(text).matches("ready\ngot \\d+\n");
        return Integer.parseInt(text.replaceAll("\\D", ""));
    }

    @Test
    void aGroupThatIsSpreadIsSignalledEverywhere() throws Exception {
        LaunchedProgram leader = shell(
                container(0),
                output,
                "exec bash -c 'trap \"echo leader; exit 4\" USR1; sleep 1000 & echo child $! child; wait $!; wait $!'");
        awaitText(output, " child\n");
        int child = Integer.parseInt(Files.readString(output).split(" ")[1]);
        nodes.replace(
                child,
                0,
                1,
                "trap 'echo moved; sleep 2; exit 0' USR1; echo ready; while :; do sleep 0.02; done",
                remote);
        awaitText(remote, "ready");
        assertThat(end(shell(container(2), output, "exec bash -c 'kill -USR1 -- -" + leader.pid() + "'")))
                .isEqualTo(WaitStatus.ofExit(0));
        awaitText(remote, "moved");
        assertThat(end(leader)).isEqualTo(WaitStatus.ofExit(4));
    }

    @Test
    void aLostEntryOfTheDirectoryIsMadeAnewByTheNodeOfTheProcess() throws Exception {
        int child = parentWithChild("true");
        nodes.replace(child, 0, 1, "echo ready; sleep 1000", remote);
        nodes.directory.gone(child);
        nodes.tables.get(1).nodeLost(nodes.containers.get(2).node());
        await().until(() -> nodes.tables.get(0).where(child).equals(container(1).node()));
    }

    @Test
    void numbersOfAProcessElsewhereCanBeAskedAndChanged() throws Exception {
        int child = parentWithChild("true");
        nodes.replace(child, 0, 1, "echo ready; while :; do nice; sleep 0.05; done", remote);
        awaitText(remote, "ready");
        String python = "import os,resource; p=%d; os.setpriority(0,p,7); print(os.getpriority(0,p), os.getpgid(p), "
                + "os.getsid(p), len(os.sched_getaffinity(p))>0, resource.prlimit(p,7)[0]>0)";
        Path asked = containers.file();
        assertThat(end(launch(
                                container(2),
                                asked,
                                LaunchRequest.of("python3", "-c", String.format(python, child))
                                        .withEnvironment(List.of("PATH=" + System.getenv("PATH"), "HOME=/root"))))
                        .code())
                .isEqualTo(0);
        int parent = Integer.parseInt(Files.readString(asked).split(" ")[1]);
        assertThat(Files.readString(asked)).isEqualTo("7 " + parent + " " + parent + " True True\n");
        awaitText(remote, "7\n");
    }

    @Test
    void movingHomeAndOnLeavesNoProxies() throws Exception {
        int child = parentWithChild("true");
        nodes.replace(child, 0, 1, "echo at 1; sleep 1000", remote);
        awaitText(remote, "at 1");
        nodes.replace(child, 1, 2, "echo at 2; sleep 1000", remote);
        awaitText(remote, "at 2");
        await().until(() -> nodes.tables.get(1).proxies().isEmpty());
        nodes.replace(child, 2, 0, "echo home $PPID; exit 6", remote);
        awaitText(output, "got 6");
        await().until(() ->
                nodes.tables.stream().allMatch(table -> table.proxies().isEmpty()));
        await().until(() ->
                nodes.containers.stream().allMatch(one -> one.processes().isEmpty()));
    }

    @Test
    void aParentMovesAwayFromItsChild() throws Exception {
        int child = parentWithChild("true");
        int parent = nodes.tables.get(0).relations(child).self().parent();
        nodes.replace(parent, 0, 1, "echo ready; read -t 100; sleep 1000", remote);
        awaitText(remote, "ready");
        Relations relations = nodes.tables.get(1).relations(parent);
        assertThat(relations.children()).extracting(one -> one.numbers().pid()).contains(child);
        Signals.kill(container(0).numbers().toHost(child).orElseThrow(), Signals.SIGTERM);
        await().until(() -> nodes.tables.get(1).relations(parent).children().stream()
                .anyMatch(one -> one.numbers().pid() == child && one.zombie().equals(Optional.of(Signals.SIGTERM))));
    }

    @Test
    void anAbandonedArrivalLeavesNothing() throws Exception {
        int child = parentWithChild("true");
        Relations relations = nodes.tables.get(0).relations(child);
        nodes.tables.get(1).prepare(relations, container(0).node());
        nodes.tables.get(1).abandon(child);
        await().until(() -> container(1).processes().isEmpty());
        Signals.kill(container(0).numbers().toHost(child).orElseThrow(), Signals.SIGKILL);
        awaitText(output, "got 137");
    }

    @Test
    void theChildOfAnotherUserMovesAwayAndHome() throws Exception {
        Files.setPosixFilePermissions(output, PosixFilePermissions.fromString("rw-rw-rw-"));
        LaunchRequest request = LaunchRequest.of("bash", "-c", "sleep 1000 & echo child $! child; wait $!; echo got $?")
                .withCredentials(new LaunchRequest.Credentials(1234, 1234, List.of()));
        launch(container(0), output, request);
        awaitText(output, " child\n");
        int child = Integer.parseInt(Files.readString(output).split(" ")[1]);
        nodes.replace(child, 0, 1, "echo away; sleep 1000", remote);
        awaitText(remote, "away");
        nodes.replace(child, 1, 0, "id -u; echo home; exit 8", remote);
        awaitText(output, "got 8");
        assertThat(Files.readString(remote)).isEqualTo("away\n0\nhome\n");
    }

    @Test
    void jobControlOfATerminalReachesAJobElsewhere() throws Exception {
        Path typed = containers.file();
        Path driver = containers.file();
        Files.writeString(driver, """
                import os, pty, select, sys, time
                pid, fd = pty.fork()
                if pid == 0:
                    os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])
                done = 0
                while True:
                    ready, _, _ = select.select([fd], [], [], 0.05)
                    if ready:
                        try:
                            sys.stdout.write(os.read(fd, 4096).decode())
                        except OSError:
                            break
                        sys.stdout.flush()
                    text = open(sys.argv[1]).read()
                    os.write(fd, text[done:].encode())
                    done = len(text)
                """);
        launch(
                container(0),
                output,
                LaunchRequest.of("python3", driver.toString(), typed.toString())
                        .withEnvironment(List.of("PATH=" + System.getenv("PATH"), "HOME=/root", "PS1=")));
        type(typed, "sleep 1000 &\necho job=$!=\n");
        await().until(() -> Files.readString(output).matches("(?s).*job=\\d+=.*"));
        int job = Integer.parseInt(Files.readString(output).replaceAll("(?s).*job=(\\d+)=.*", "$1"));
        nodes.replace(job, 0, 1, "trap 'echo int; exit 5' INT; echo ready; while :; do sleep 0.05; done", remote);
        awaitText(remote, "ready");
        type(typed, "fg\n");
        awaitForeground(job);
        await().pollInterval(Duration.ofMillis(500)).until(() -> {
            type(typed, "\u001a");
            return Files.readString(output).contains("Stopped");
        });
        type(typed, "bg; jobs\n");
        awaitText(output, "Running");
        type(typed, "fg\n");
        awaitForeground(job);
        type(typed, "\u0003");
        awaitText(remote, "int");
        type(typed, "echo status=$?\n");
        awaitText(output, "status=5");
    }

    private static void type(Path file, String text) throws Exception {
        Files.writeString(file, text, StandardOpenOption.APPEND);
    }

    /**
     * Waits until the terminal's foreground group is that of the job's proxy. The shell continues the job only after that, so a stop that is typed at
     * once may be undone: type it again.
     */
    private void awaitForeground(int job) {
        int proxy = container(0).numbers().toHost(job).orElseThrow();
        await().until(() -> {
            var stat = ProcFiles.stat(proxy);
            return stat.field(8) == stat.field(5);
        });
    }

    @Test
    void proxiesOutliveTheDaemonsOfBothNodes() throws Exception {
        int child = parentWithChild("true");
        nodes.replace(child, 0, 1, "trap 'echo term; exit 3' TERM; echo ready; while :; do sleep 0.02; done", remote);
        awaitText(remote, "ready");
        nodes.restartDaemon(0);
        nodes.restartDaemon(1);
        await().until(() -> nodes.tables.get(0).proxies().equals(List.of(child)));
        await().until(() -> nodes.tables
                .get(1)
                .relations(child)
                .holders()
                .contains(container(0).node()));
        shell(container(0), output, "kill -TERM " + child);
        awaitText(output, "got 3");
    }
}
