package org.linuxssi.proc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.linuxssi.proc.ContainerExtension.end;
import static org.linuxssi.proc.ContainerExtension.launch;
import static org.linuxssi.proc.ContainerExtension.shell;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Signals;
import org.linuxssi.linux.WaitStatus;

@Timeout(60)
class LauncherTest {

    private static final int NODE = 3;

    @RegisterExtension
    final ContainerExtension containers = new ContainerExtension();

    private Container container;
    private Path output;

    @BeforeEach
    void start() throws Exception {
        container = containers.start(NODE);
        output = containers.file();
    }

    @Test
    void aProgramRunsWithAPidOfItsNodeInTheContainer() throws Exception {
        LaunchedProgram program = shell(container, output, "echo $$ $PPID; hostname; ls /proc/self/fd; exit 7");
        assertThat(end(program)).isEqualTo(WaitStatus.ofExit(7));
        assertThat(program.pid()).isBetween(NODE << 14, (NODE << 14) + 100);
        assertThat(Files.readString(output)).isEqualTo(program.pid() + " 1\nnode3\n0\n1\n2\n3\n");
    }

    @Test
    void deathBySignalIsReported() throws Exception {
        assertThat(end(shell(container, output, "kill -SEGV $$")).signal()).isEqualTo(Signals.SIGSEGV);
        LaunchedProgram program = launch(container, output, LaunchRequest.of("sleep", "100"));
        Signals.kill(container.numbers().toHost(program.pid()).orElseThrow(), Signals.SIGTERM);
        assertThat(end(program)).isEqualTo(WaitStatus.ofSignal(Signals.SIGTERM));
    }

    @Test
    void aProgramBelongsToItsUserAndItsRequest() throws Exception {
        LaunchRequest request = LaunchRequest.of(
                        "sh",
                        "-c",
                        "id -u; id -G; umask; ulimit -n; pwd; nice; echo $A; grep -E 'Sig(Blk|Ign)' /proc/self/status")
                .withCredentials(new LaunchRequest.Credentials(1234, 1235, List.of(1235, 77)))
                .withEnvironment(List.of("PATH=/usr/bin:/bin", "A=some thing"))
                .withLimits(Map.of(7, new LaunchRequest.Limit(123, 456)))
                .withUmask(027)
                .withNice(5)
                .withDirectory("/usr/lib");
        Files.setPosixFilePermissions(output, PosixFilePermissions.fromString("rw-rw-rw-"));
        assertThat(end(launch(container, output, request))).isEqualTo(WaitStatus.ofExit(0));
        assertThat(Files.readString(output).lines())
                .containsExactly(
                        "1234",
                        "1235 77",
                        "0027",
                        "123",
                        "/usr/lib",
                        "5",
                        "some thing",
                        "SigBlk:\t0000000000000000",
                        "SigIgn:\t0000000000000000");
    }

    @Test
    void whatCanNotBeExecutedIsAnError() throws Exception {
        Path script = containers.file();
        Files.writeString(script, "no program");
        assertError(Errno.ENOENT, "/no/such");
        assertError(Errno.ENOENT, "nosuchprogram");
        assertError(Errno.EACCES, script.toString());
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        assertError(Errno.ENOEXEC, script.toString());
        assertThatThrownBy(
                        () -> launch(container, output, LaunchRequest.of("true").withDirectory("/no/where")))
                .hasMessage("launch true: enter directory /no/where: No such file or directory (ENOENT)");
    }

    private void assertError(Errno errno, String program) {
        assertThatThrownBy(() -> launch(container, output, LaunchRequest.of(program)))
                .isInstanceOfSatisfying(ErrnoException.class, problem -> assertThat(problem.errno())
                        .isEqualTo(errno));
    }

    @Test
    void scriptsAndPythonAndBashRun() throws Exception {
        Path script = containers.file();
        Files.writeString(script, "#!/bin/bash\necho script $1 | tr a-z A-Z\nsleep 5 & kill %1; wait; exit 3\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        assertThat(end(launch(container, output, LaunchRequest.of(script.toString(), "one")))
                        .code())
                .isEqualTo(3);
        LaunchRequest python = LaunchRequest.of(
                "/usr/bin/env", "python3", "-c", "import os,sys; print(sum(range(10)), os.getppid()); sys.exit(4)");
        List<String> environment = List.of("PATH=" + System.getenv("PATH"), "HOME=/root");
        assertThat(end(launch(container, output, python.withEnvironment(environment)))
                        .code())
                .isEqualTo(4);
        assertThat(Files.readString(output)).isEqualTo("SCRIPT ONE\n45 1\n");
    }

    @Test
    void aFixedPidIsKeptAndRefusedWhenTaken() throws Exception {
        int pid = (77 << 14) + 5;
        LaunchedProgram program =
                launch(container, output, LaunchRequest.of("sleep", "100").withPid(pid));
        assertThat(program.pid()).isEqualTo(pid);
        assertThatThrownBy(() -> launch(
                        container, output, LaunchRequest.of("sleep", "100").withPid(pid)))
                .isInstanceOfSatisfying(ErrnoException.class, problem -> assertThat(problem.errno())
                        .isEqualTo(Errno.EEXIST));
        assertThat(end(shell(container, output, "kill -9 " + pid))).isEqualTo(WaitStatus.ofExit(0));
        assertThat(end(program)).isEqualTo(WaitStatus.ofSignal(Signals.SIGKILL));
    }

    @Test
    void theFilterIsInheritedAndOrphansAreReaped() throws Exception {
        assertThat(end(shell(container, output, "grep ^Seccomp: /proc/self/status; (sleep 0.1 &) ; exit 0")))
                .isEqualTo(WaitStatus.ofExit(0));
        assertThat(Files.readString(output)).isEqualTo("Seccomp:\t2\n");
        await().until(() -> container.processes().isEmpty());
    }

    @Test
    void twoHundredLaunchesLeaveNothing() throws Exception {
        end(shell(container, output, "true"));
        long before = descriptors();
        long start = System.nanoTime();
        for (int i = 0; i < 200; i++) {
            assertThat(end(launch(container, output, LaunchRequest.of("/bin/true"))))
                    .isEqualTo(WaitStatus.ofExit(0));
        }
        System.out.println("launch and end: " + (System.nanoTime() - start) / 200_000 + " us");
        await().untilAsserted(() -> assertThat(descriptors()).isLessThanOrEqualTo(before));
        assertThat(container.processes()).isEmpty();
    }

    private static long descriptors() throws Exception {
        try (var files = Files.list(Path.of("/proc/self/fd"))) {
            return files.count();
        }
    }

    @Test
    void stoppingLeavesNothing() throws Exception {
        LaunchedProgram polite =
                shell(container, output, "trap 'echo bye; exit 0' TERM; echo polite; while :; do sleep 0.05; done");
        LaunchedProgram stubborn =
                shell(container, output, "trap '' TERM; echo stubborn; while :; do sleep 0.05; done");
        await().untilAsserted(() -> assertThat(Files.readString(output)).contains("polite\n", "stubborn\n"));
        int init = container.initPid();
        assertThat(Files.exists(Path.of("/proc/" + init))).isTrue();
        container.stop(Duration.ofMillis(500));
        assertThat(Files.exists(Path.of("/proc/" + init))).isFalse();
        assertThat(Files.readString(output)).contains("bye\n");
        assertThat(polite.end().isDone()).isTrue();
        assertThat(stubborn.pid()).isPositive();
        assertThat(containers.directory()).isEmptyDirectory();
    }
}
