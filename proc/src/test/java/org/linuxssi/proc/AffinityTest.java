package org.linuxssi.proc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;
import static org.linuxssi.proc.ContainerExtension.end;
import static org.linuxssi.proc.ContainerExtension.launch;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.linuxssi.linux.Affinity;
import org.linuxssi.linux.Signals;

/** Programs on three nodes with the same processors see those of all, numbered on from node to node. */
@Timeout(60)
class AffinityTest {

    private static final int SIGUSR1 = 10;
    private static final int SIGUSR2 = 12;

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

    @Test
    void whatAThreadAskedForGoesWithItsProcess() throws Exception {
        Path output = containers.file();
        LaunchRequest request = LaunchRequest.of("python3", "-uc", """
                import os, signal, threading
                def tell(*_): print(sorted(os.sched_getaffinity(0)), sorted(os.sched_getaffinity(other)))
                signal.signal(signal.SIGUSR1, tell)
                signal.signal(signal.SIGUSR2, lambda *_: os.sched_setaffinity(0, [%d]) or tell())
                thread = threading.Thread(target=lambda: threading.Event().wait(), daemon=True)
                thread.start()
                other = thread.native_id
                os.sched_setaffinity(0, [1])
                tell()
                while True: signal.pause()
                """.formatted(cpus))
                .withEnvironment(List.of("PATH=" + System.getenv("PATH"), "HOME=/root"));
        int pid = launch(nodes.containers.getFirst(), output, request).pid();
        String all = IntStream.range(0, 3 * cpus).boxed().toList().toString();
        awaitLast(output, 1, "[1] " + all);
        nodes.migrate(pid, 0, 1);
        assertThat(Affinity.of(host(1, pid)).cpus().cardinality()).isEqualTo(cpus);
        Signals.kill(host(1, pid), SIGUSR1);
        awaitLast(output, 2, "[1] " + all);
        nodes.migrate(pid, 1, 0);
        assertThat(Affinity.of(host(0, pid)).cpus().stream()).containsExactly(1);
        Signals.kill(host(0, pid), SIGUSR2);
        awaitLast(output, 3, "[" + cpus + "] " + all);
        nodes.migrate(pid, 0, 1);
        assertThat(Affinity.of(host(1, pid)).cpus().stream()).containsExactly(0);
        Signals.kill(host(1, pid), SIGUSR1);
        awaitLast(output, 4, "[" + cpus + "] " + all);
    }

    private int host(int node, int pid) {
        return nodes.containers.get(node).numbers().toHost(pid).orElseThrow();
    }

    private static void awaitLast(Path output, int lines, String last) {
        await().untilAsserted(() ->
                assertThat(Files.readAllLines(output)).hasSize(lines).last().isEqualTo(last));
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
