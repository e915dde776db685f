package org.linuxssi.proc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.linuxssi.proc.ContainerExtension.end;
import static org.linuxssi.proc.ContainerExtension.launch;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.linuxssi.linux.Affinity;

/** Programs on three nodes with the same processors see those of all, numbered on from node to node. */
@Timeout(60)
class AffinityTest {

    @RegisterExtension
    final ContainerExtension containers = new ContainerExtension();

    private final int cpus = Affinity.of(0).cpus().cardinality();
    private TwoNodes nodes;

    @BeforeEach
    void start() throws Exception {
        assumeThat(cpus).isGreaterThan(1).isEqualTo(Affinity.of(1).cpus().cardinality());
        nodes = new TwoNodes(containers, 1, 2, 4);
    }

    @AfterEach
    void stop() {
        if (nodes != null) {
            nodes.close();
        }
    }

    @Test
    void nprocCountsTheProcessorsOfAllNodes() throws Exception {
        assertThat(run(1, "nproc")).isEqualTo(3 * cpus + "\n");
    }

    @Test
    void aProgramBindsItselfAndItsChildrenToAProcessorOfItsNode() throws Exception {
        assertThat(python(
                        1,
                        "os.sched_setaffinity(0,[%d]); print(os.sched_getaffinity(0), flush=True); os.system('nproc')"
                                .formatted(cpus)))
                .isEqualTo("{" + cpus + "}\n1\n");
    }

    @Test
    void allProcessorsOfItsNodeAndSomeMoreAreSeenAsAskedFor() throws Exception {
        assertThat(python(
                        1,
                        "os.sched_setaffinity(0,range(%d)); print(len(os.sched_getaffinity(0)))".formatted(2 * cpus)))
                .isEqualTo(2 * cpus + "\n");
    }

    @Test
    void aProgramSeesTheProcessorsOfOtherNodesThatItAskedFor() throws Exception {
        String attempt = """
                for cpu in sorted(os.sched_getaffinity(0)):
                    os.sched_setaffinity(0, [cpu])
                    print(os.sched_getaffinity(0) == {cpu}, len(os.popen('nproc').read()))
                os.sched_setaffinity(0, {0, %1$d})
                print(os.sched_getaffinity(0) == {0, %1$d})
                """.formatted(cpus);
        assertThat(python(1, attempt)).isEqualTo("True 2\n".repeat(3 * cpus) + "True\n");
    }

    @Test
    void processorsThatAreNotThereAreRefused() throws Exception {
        String attempt = """
                for mask in [], [1000]:
                    try:
                        os.sched_setaffinity(0, mask)
                    except OSError as problem:
                        print(problem.errno, len(os.sched_getaffinity(0)))
                """;
        assertThat(python(1, attempt)).isEqualTo(("22 " + 3 * cpus + "\n").repeat(2));
    }

    @Test
    void aMaskMustHaveRoomForAllProcessorsInWholeWords() throws Exception {
        String attempt = """
                import ctypes
                libc = ctypes.CDLL(None, use_errno=True)
                room = ctypes.create_string_buffer(4096)
                for size in (0, 4, 12, 128, 4096):
                    print(libc.syscall(204, 0, size, room) > 0)
                print(libc.syscall(204, 0, 128, None), ctypes.get_errno())
                """;
        assertThat(python(0, attempt)).isEqualTo("False\nFalse\nFalse\nTrue\nTrue\n-1 14\n");
    }

    @Test
    void aProcessElsewhereIsBoundToProcessorsOfItsNode() throws Exception {
        int elsewhere = launch(nodes.containers.get(2), containers.file(), LaunchRequest.of("sleep", "1000"))
                .pid();
        assertThat(python(
                        0,
                        "os.sched_setaffinity(%1$d,[%2$d]); print(os.sched_getaffinity(%1$d))"
                                .formatted(elsewhere, 2 * cpus)))
                .isEqualTo("{" + 2 * cpus + "}\n");
        int hostPid = nodes.containers.get(2).numbers().toHost(elsewhere).orElseThrow();
        assertThat(Affinity.of(hostPid).cpus().stream()).containsExactly(0);
    }

    private String python(int node, String code) throws Exception {
        return run(node, "python3", "-c", "import os\n" + code);
    }

    private String run(int node, String... command) throws Exception {
        Path output = containers.file();
        LaunchRequest request =
                LaunchRequest.of(command).withEnvironment(List.of("PATH=" + System.getenv("PATH"), "HOME=/root"));
        end(launch(nodes.containers.get(node), output, request));
        return Files.readString(output);
    }
}
