package org.linuxssi.procfs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.linuxssi.linux.Fds;
import org.linuxssi.proc.Container;
import org.linuxssi.proc.ContainerOptions;
import org.linuxssi.proc.LaunchRequest;
import org.linuxssi.proc.LaunchedProgram;
import org.linuxssi.proc.Launcher;
import org.linuxssi.proc.MemoryPidDirectory;
import org.linuxssi.proc.ProcessTable;
import org.linuxssi.rpc.MemoryNetwork;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.SystemTime;

/** The real container of a node: init mounts, programs of two nodes see each other. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ContainerProcTest {

    @TempDir
    Path directory;

    private final SystemTime time = new SystemTime();
    private final MemoryNetwork network = new MemoryNetwork(time);
    private final MemoryPidDirectory pids = new MemoryPidDirectory();

    /** A node. */
    private final class Node implements AutoCloseable {
        final Container container;
        final Rpc rpc;
        final ProcessTable table;
        final ContainerProc proc;
        final ContainerCpus cpus;
        private final Path run;

        Node(int id) throws Exception {
            run = Files.createDirectory(directory.resolve("node" + id));
            container = Container.start(NodeId.of(id), ContainerOptions.of(run, "node" + id), time);
            rpc = network.node(NodeId.of(id));
            table = new ProcessTable(container, rpc, pids, () -> NodeSet.first(2));
            proc = ContainerProc.start(container, table, rpc, () -> NodeSet.first(2), ProcFsOptions.defaults(), run);
            cpus = ContainerCpus.start(container, table, rpc, () -> NodeSet.first(2), ProcFsOptions.defaults(), run);
        }

        LaunchedProgram start(String command, Path output) throws Exception {
            int out = Fds.open(output.toString(), 1 | 0x400 | Fds.O_CREAT);
            int in = Fds.open("/dev/null", 0);
            try {
                LaunchRequest request = LaunchRequest.of("/bin/bash", "-c", command);
                return new Launcher(container)
                        .launch(request.withDescriptor(0, in)
                                .withDescriptor(1, out)
                                .withDescriptor(2, out))
                        .get(20, TimeUnit.SECONDS);
            } finally {
                Fds.close(out);
                Fds.close(in);
            }
        }

        String run(String command) throws Exception {
            Path output = Files.createTempFile(directory, "out", "");
            start(command, output).end().get(30, TimeUnit.SECONDS);
            return Files.readString(output).strip();
        }

        @Override
        public void close() {
            container.close();
            proc.session().ended().orTimeout(20, TimeUnit.SECONDS).join();
            cpus.session().ended().orTimeout(20, TimeUnit.SECONDS).join();
            cpus.close();
            proc.close();
            table.close();
            rpc.close();
        }
    }

    @Test
    void programsOfTwoContainersSeeEachOther() throws Exception {
        try (Node zero = new Node(0);
                Node one = new Node(1)) {
            Awaitility.await().until(() -> zero.rpc.connected().contains(one.rpc.self()));
            int near = zero.start("exec sleep 4321", directory.resolve("a")).pid();
            int far = one.start("exec sleep 1234", directory.resolve("b")).pid();
            assertThat(far >> 14).isEqualTo(1);
            Awaitility.await().until(() -> zero.run("ps -eo args=").contains("sleep 1234"));
            assertThat(zero.run("ps -eo pid=,args=")).contains(near + " sleep 4321", far + " sleep 1234");
            assertThat(one.run("pgrep -x sleep | xargs")).isEqualTo(near + " " + far);
            assertThat(one.run("echo $$ $(readlink /proc/self/exe) $(ls -d /proc/1)"))
                    .matches("[0-9]+ /usr/bin/readlink /proc/1");
            String processors = zero.run("ls /sys/devices/system/cpu/.local | grep -c '^cpu[0-9]'");
            assertThat(one.run("nproc --all")).isEqualTo(Integer.toString(2 * Integer.parseInt(processors)));
        } finally {
            time.close();
        }
    }
}
