package org.linuxssi.proc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.linuxssi.proc.ContainerExtension.end;
import static org.linuxssi.proc.ContainerExtension.launch;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** In a cluster of two nodes the kill family answers what the kernel of one machine answers. */
@Timeout(60)
class KillErrorsTest {

    @RegisterExtension
    final ContainerExtension containers = new ContainerExtension();

    @Test
    void whatTheKernelSays() throws Exception {
        String program = """
                import ctypes, errno, os, subprocess, time
                libc = ctypes.CDLL(None, use_errno=True)
                def call(*arguments):
                    result = libc.syscall(*arguments)
                    print('ok' if result == 0 else errno.errorcode[ctypes.get_errno()])
                KILL, TKILL, TGKILL = 62, 200, 234
                child = subprocess.Popen(['sleep', '1000'], process_group=0)
                call(TKILL, -1, 9)
                call(TKILL, -child.pid, 9)
                call(TKILL, 0, 0)
                call(TGKILL, child.pid, -1, 0)
                print(child.poll())
                call(KILL, -2147483648, 0)
                call(KILL, -child.pid, 0)
                call(KILL, 0, 0)
                call(KILL, 0, 100)
                call(KILL, -1, 0)
                call(KILL, -1, -1)
                call(KILL, -child.pid, 65)
                call(KILL, -1000000, 0)
                call(KILL, 1000000, 0)
                if os.fork() == 0:
                    os.setuid(65534)
                    call(KILL, child.pid, 9)
                    call(KILL, -child.pid, 9)
                    call(KILL, -child.pid, 0)
                    call(KILL, -1, 9)
                    os._exit(0)
                os.wait()
                print(child.poll())
                child.kill()
                print(child.wait())
                """;
        try (TwoNodes nodes = new TwoNodes(containers, 1, 2)) {
            Path output = containers.file();
            LaunchRequest request = LaunchRequest.of("python3", "-u", "-c", program)
                    .withEnvironment(List.of("PATH=" + System.getenv("PATH"), "HOME=/root"));
            end(launch(nodes.containers.get(1), output, request));
            assertThat(Files.readString(output)).isEqualTo("""
                            EINVAL
                            EINVAL
                            EINVAL
                            EINVAL
                            None
                            ESRCH
                            ok
                            ok
                            EINVAL
                            ok
                            EINVAL
                            EINVAL
                            ESRCH
                            ESRCH
                            EPERM
                            EPERM
                            EPERM
                            ok
                            None
                            -9
                            """);
        }
    }
}
