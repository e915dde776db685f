package org.linuxssi.proc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.linuxssi.proc.ContainerExtension.end;
import static org.linuxssi.proc.ContainerExtension.shell;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.linuxssi.linux.Fds;
import org.linuxssi.linux.WaitStatus;

@Timeout(60)
class TakeoverTest {

    @RegisterExtension
    final ContainerExtension containers = new ContainerExtension();

    @Test
    void programsRunOnAndEndUnderTheNextDaemon() throws Exception {
        Container first = containers.start(5);
        Path output = containers.file();
        Path go = containers.file();
        LaunchedProgram program = shell(
                first,
                output,
                "kill -0 -1 2>&-; echo before; while [ ! -s " + go
                        + " ]; do sleep 0.05; done; kill -0 -1 2>&-; echo after");
        int kept = Fds.open("/etc/hostname", Fds.O_RDONLY);
        first.keep("some", kept);
        Fds.close(kept);

        first.abandon();
        Container second =
                Container.adopt(containers.directory(), containers.time()).orElseThrow();
        containers.replace(second);

        assertThat(second.node()).isEqualTo(first.node());
        int again = second.kept("some").orElseThrow();
        assertThat(Files.readSymbolicLink(Path.of("/proc/self/fd/" + again)).toString())
                .isEqualTo("/etc/hostname");
        Fds.close(again);
        var status = second.init().await(program.pid());
        Files.writeString(go, "go");
        assertThat(status.get(20, TimeUnit.SECONDS)).isEqualTo(WaitStatus.ofExit(0));
        assertThat(Files.readString(output)).isEqualTo("before\nafter\n");
        assertThat(end(shell(second, output, "exit 9"))).isEqualTo(WaitStatus.ofExit(9));
    }
}
