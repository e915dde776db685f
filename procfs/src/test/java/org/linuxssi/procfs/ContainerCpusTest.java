package org.linuxssi.procfs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.linuxssi.linux.Fds;
import org.linuxssi.proc.Container;
import org.linuxssi.proc.ContainerOptions;
import org.linuxssi.proc.LaunchRequest;
import org.linuxssi.proc.Launcher;
import org.linuxssi.rpc.MemoryNetwork;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.SystemTime;

/** The real container of a node, whose init mounts. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ContainerCpusTest {

    private static final NodeId SELF = NodeId.of(5);

    @TempDir
    Path directory;

    private record View() implements ClusterView {
        @Override
        public NodeId self() {
            return SELF;
        }

        @Override
        public NodeSet online() {
            return NodeSet.of(SELF);
        }

        @Override
        public Optional<NodeId> nodeOf(int pid) {
            return Optional.of(SELF);
        }
    }

    private String run(Container container, String command) throws Exception {
        Path output = Files.createTempFile(directory, "out", "");
        int out = Fds.open(output.toString(), 1);
        try {
            LaunchRequest request = LaunchRequest.of("/bin/bash", "-c", command);
            new Launcher(container)
                    .launch(request.withDescriptor(1, out).withDescriptor(2, out))
                    .get(20, TimeUnit.SECONDS)
                    .end()
                    .get(20, TimeUnit.SECONDS);
        } finally {
            Fds.close(out);
        }
        return Files.readString(output).strip();
    }

    @Test
    void initMountsTheProcessorsOfTheCluster() throws Exception {
        String cpus = "/sys/devices/system/cpu";
        Path run = Files.createDirectory(directory.resolve("run"));
        try (SystemTime time = new SystemTime();
                Rpc rpc = new MemoryNetwork(time).node(SELF);
                Container container = Container.start(SELF, ContainerOptions.of(run, "node5"), time)) {
            try (ContainerCpus shown = ContainerCpus.start(container, rpc, new View(), ProcFsOptions.defaults(), run)) {
                String count = run(container, "ls " + cpus + "/.local | grep -c '^cpu[0-9]'");
                assertThat(run(container, "nproc --all; grep -c " + cpus + " /proc/mounts"))
                        .isEqualTo(count + "\n2");
                assertThat(run(container, "lscpu")).containsPattern("CPU\\(s\\): +" + count);
                container.stop(Duration.ofSeconds(2));
                shown.session().ended().orTimeout(20, TimeUnit.SECONDS).join();
            }
        }
    }
}
