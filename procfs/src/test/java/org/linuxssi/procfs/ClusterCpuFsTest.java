package org.linuxssi.procfs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.linuxssi.linux.CpuList;
import org.linuxssi.linux.DirectoryFd;
import org.linuxssi.linux.FuseDevice;
import org.linuxssi.linux.FuseSession;
import org.linuxssi.rpc.MemoryNetwork;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.SystemTime;

@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ClusterCpuFsTest {

    private static final String CPU = "/sys/devices/system/cpu";

    /** Looks at the processors in its own way; tried where it is installed. */
    private static final Path STRESS = Path.of("/usr/bin/stress-ng");

    @TempDir
    Path directory;

    private record View(NodeId self) implements ClusterView {
        @Override
        public NodeSet online() {
            return NodeSet.first(2);
        }

        @Override
        public Optional<NodeId> nodeOf(int pid) {
            return Optional.empty();
        }
    }

    @Test
    void lscpuCountsTheProcessorsOfAllNodesAndOthersStillRun() throws Exception {
        NodeId zero = NodeId.of(0);
        NodeId one = NodeId.of(1);
        ProcFsOptions options = new ProcFsOptions(".local", 2, Duration.ofSeconds(2), pid -> false);
        Path proc = Files.createDirectory(directory.resolve("proc"));
        try (SystemTime time = new SystemTime();
                DirectoryFd system = DirectoryFd.open(CPU);
                TestContainer container = TestContainer.start(0, proc)) {
            MemoryNetwork network = new MemoryNetwork(time);
            try (Rpc rpc = network.node(zero);
                    Rpc peer = network.node(one);
                    ClusterCpuFs here = new ClusterCpuFs(rpc, new View(zero), system, options);
                    ClusterCpuFs _ = new ClusterCpuFs(peer, new View(one), system, options)) {
                Awaitility.await().until(() -> rpc.connected().contains(one));
                container.say("mkdir " + directory + "/cpu; mount --bind " + CPU + " " + directory + "/cpu; echo");
                try (FuseDevice device = container.mountCpu(CPU, ProcFsOptions.MOUNT.data(0))) {
                    FuseSession session = here.serve(device);
                    container.say("mount --bind " + directory + "/cpu " + CPU + "/.local; echo");
                    check(container);
                    assertThat(session.ended()).isNotDone();
                }
            }
        }
    }

    private static void check(TestContainer container) throws Exception {
        int each = Integer.parseInt(container.run("ls " + CPU + "/.local | grep -c '^cpu[0-9]'"));
        assertThat(container.run("cat " + CPU + "/online")).isEqualTo("0-" + (2 * each - 1));
        assertThat(container
                        .run("lscpu | sed -n 's/^CPU(s): *//p; s/^Socket(s): *//p'")
                        .lines())
                .first()
                .isEqualTo(Integer.toString(2 * each));
        assertThat(container.run("lscpu -p=cpu,socket | grep -vc '^#'")).isEqualTo(Integer.toString(2 * each));
        assertThat(container.run("getconf _NPROCESSORS_CONF")).isEqualTo(Integer.toString(2 * each));
        assertThat(container.run("nproc"))
                .isEqualTo(Integer.toString(Runtime.getRuntime().availableProcessors()));
        assertThat(container.run("ls " + CPU + "/vulnerabilities/")).contains("meltdown");
        if (Files.isExecutable(STRESS)) {
            assertThat(container.run(STRESS + " --cpu 1 -t 1 2>&1 | tail -1")).contains("successful");
        }
        String java = ProcessHandle.current().info().command().orElseThrow();
        assertThat(container.run(java + " -version 2>&1")).containsIgnoringCase("openjdk");
    }

    @Test
    void numbersOfProcessorsGoOn() {
        Map<String, String> first = new TreeMap<>(Map.of(
                "topology/physical_package_id", "0\n",
                "topology/core_cpus", "3\n",
                "topology/core_cpus_list", "0-1\n",
                "cache/index0/shared_cpu_map", "1\n",
                "cache/index0/shared_cpu_list", "0\n"));
        CpuBundle node = CpuBundle.CODEC.fromBytes(CpuBundle.CODEC.toBytes(new CpuBundle(List.of(first, first))));
        CpuTree tree = new CpuTree(List.of(node, node), List.of("smt", "cpu0"), ".local");
        assertThat(text(tree, "online")).isEqualTo("0-3\n");
        assertThat(text(tree, "cpu3", "topology", "physical_package_id")).isEqualTo("1\n");
        assertThat(text(tree, "cpu2", "topology", "core_cpus_list")).isEqualTo("2-3\n");
        assertThat(text(tree, "cpu2", "topology", "core_cpus")).isEqualTo("c\n");
        assertThat(text(tree, "cpu2", "cache", "index0", "shared_cpu_map")).isEqualTo("4\n");
        assertThat(text(tree, "smt")).isEqualTo(".local/smt");
        assertThat(CpuList.mask(CpuList.parse("0,33"))).isEqualTo("2,00000001");
        assertThat(CpuList.format(CpuList.parse("0-2,4,7-8\n"))).isEqualTo("0-2,4,7-8");
    }

    private static String text(CpuTree tree, String... path) {
        CpuTree.Item item = tree.item(1).orElseThrow();
        for (String name : path) {
            item = tree.child(item, name).orElseThrow();
        }
        return new String(item.data(), java.nio.charset.StandardCharsets.US_ASCII);
    }
}
