package org.linuxssi.proc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.linuxssi.proc.ContainerExtension.end;
import static org.linuxssi.proc.ContainerExtension.launch;
import static org.linuxssi.proc.ContainerExtension.program;
import static org.linuxssi.proc.ContainerExtension.shell;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.linuxssi.linux.ProcFiles;

/** What programs do with name spaces, tracers and filters of their own is not disturbed by the container's filter. */
@Timeout(60)
class NativeCallsTest {

    /** Field of {@code /proc/PID/stat}: the policy. */
    private static final int POLICY = 41;

    /** {@code linux/sched.h}. */
    private static final long FIFO = 1;

    @RegisterExtension
    final ContainerExtension containers = new ContainerExtension();

    @Test
    void pidsOfAnInnerNameSpaceAreItsOwn() throws Exception {
        String program = """
                import os, resource, signal, subprocess
                child = subprocess.Popen(['sleep', '1000'], process_group=0)
                print(os.getpid(), child.pid < 300)
                os.kill(child.pid, signal.SIGSTOP)
                print(os.WIFSTOPPED(os.waitpid(child.pid, os.WUNTRACED)[1]))
                os.kill(-child.pid, signal.SIGCONT)
                os.setpriority(os.PRIO_PROCESS, child.pid, 7)
                print(os.getpriority(os.PRIO_PROCESS, child.pid), os.getpgid(child.pid) == child.pid, os.getsid(child.pid))
                resource.prlimit(child.pid, resource.RLIMIT_NOFILE, (77, 77))
                print(resource.prlimit(child.pid, resource.RLIMIT_NOFILE))
                os.sched_setaffinity(child.pid, {0})
                print(os.sched_getaffinity(child.pid) == {0}, os.sched_getaffinity(1) == os.sched_getaffinity(0))
                os.sched_setscheduler(child.pid, os.SCHED_BATCH, os.sched_param(0))
                print(os.sched_getscheduler(child.pid) == os.SCHED_BATCH)
                os.kill(-1, signal.SIGKILL)
                print(child.wait())
                """;
        try (TwoNodes nodes = new TwoNodes(containers, 0, 1)) {
            Container node = nodes.containers.getFirst();
            Path output = containers.file();
            LaunchedProgram witness = shell(node, output, "exec sleep 1000");
            LaunchRequest request = LaunchRequest.of("unshare", "--pid", "--fork", "python3", "-u", "-c", program)
                    .withEnvironment(List.of("PATH=" + System.getenv("PATH"), "HOME=/root"));
            end(launch(node, output, request));
            assertThat(Files.readString(output)).isEqualTo("""
                            1 True
                            True
                            7 True 0
                            (77, 77)
                            True True
                            True
                            -9
                            """);
            assertThat(witness.end()).isNotDone();
        }
    }

    @Test
    void aTracerTakesACallAway() throws Exception {
        try (TwoNodes nodes = new TwoNodes(containers, 0, 1)) {
            Path binary = containers.compile(program("skipped.c"));
            Path output = containers.file();
            end(shell(nodes.containers.getFirst(), output, binary.toString()));
            assertThat(Files.readString(output)).isEqualTo("exit 0\nmode 0\n");
        }
    }

    @Test
    void wrongArgumentsAreToldBeforeTheAbsenceOfTheProcess() throws Exception {
        String program = """
                import ctypes, errno
                libc = ctypes.CDLL(None, use_errno=True)
                absent = 2 * 16384 - 1
                def call(*arguments):
                    print(errno.errorcode[ctypes.get_errno()] if libc.syscall(*arguments) < 0 else 'ok')
                SETPARAM, GETPARAM, SETSCHEDULER, GETSCHEDULER, SETAFFINITY, IOPRIO_SET = 142, 143, 144, 145, 203, 251
                call(GETPARAM, absent, None)
                call(SETPARAM, absent, None)
                call(SETSCHEDULER, absent, -1, ctypes.byref(ctypes.c_int(0)))
                call(SETAFFINITY, absent, 8, None)
                call(IOPRIO_SET, 1, absent, 5 << 13)
                call(IOPRIO_SET, 2, absent, 5 << 13)
                call(GETSCHEDULER, absent)
                call(IOPRIO_SET, 2, absent, 2 << 13)
                """;
        try (TwoNodes nodes = new TwoNodes(containers, 0, 1)) {
            Path output = containers.file();
            LaunchRequest request = LaunchRequest.of("python3", "-u", "-c", program)
                    .withEnvironment(List.of("PATH=" + System.getenv("PATH"), "HOME=/root"));
            end(launch(nodes.containers.getFirst(), output, request));
            assertThat(Files.readString(output)).isEqualTo("""
                            EINVAL
                            EINVAL
                            EINVAL
                            EFAULT
                            EINVAL
                            EINVAL
                            ESRCH
                            ESRCH
                            """);
        }
    }

    @Test
    void aRealTimeThreadReceivesCalls() throws Exception {
        containers.start(0);
        Path tasks = Path.of("/proc/self/task");
        try (var threads = Files.list(tasks)) {
            assertThat(threads.map(task -> tasks.relativize(task).toString())
                            .map(thread -> ProcFiles.stat("self/task/" + thread))
                            .filter(stat -> stat.comm().startsWith("supervisor"))
                            .map(stat -> stat.field(POLICY)))
                    .isNotEmpty()
                    .containsOnly(FIFO);
        }
    }
}
