package org.linuxssi.procfs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.linuxssi.linux.FuseDevice;
import org.linuxssi.linux.FuseSession;
import org.linuxssi.proc.TimeShift;
import org.linuxssi.rpc.MemoryNetwork;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.SystemTime;

/** Two nodes; the first has the cluster's /proc. */
final class TestCluster implements AutoCloseable {

    static final NodeId ZERO = NodeId.of(0);
    static final NodeId ONE = NodeId.of(1);

    final TestContainer first;
    final TestContainer second;
    final MemoryNetwork network;
    final ClusterProcFs procFs;
    final Rpc rpc;
    private final Map<Integer, TimeShift> moved = new ConcurrentHashMap<>();
    private final SystemTime time = new SystemTime();
    private final ProcProvider[] providers;
    private final Rpc peer;
    private final FuseSession session;
    private final FuseDevice device;

    /** A process is on the node of its number. */
    private record View(NodeId self) implements ClusterView {
        @Override
        public NodeSet online() {
            return NodeSet.first(2);
        }

        @Override
        public Optional<NodeId> nodeOf(int pid) {
            return Optional.of(NodeId.of(pid >> 14)).filter(online()::contains);
        }
    }

    TestCluster(Path directory) throws IOException, InterruptedException {
        first = TestContainer.start(0, Files.createDirectory(directory.resolve("proc0")));
        second = TestContainer.start(1, Files.createDirectory(directory.resolve("proc1")));
        network = new MemoryNetwork(time);
        rpc = network.node(ZERO);
        peer = network.node(ONE);
        Awaitility.await().until(() -> rpc.connected().contains(ONE));
        providers = new ProcProvider[] {provider(first, 8 << 20), provider(second, 2000)};
        providers[0].serve(rpc);
        providers[1].serve(peer);
        ProcFsOptions options = new ProcFsOptions(".local", 3, Duration.ofMillis(1500), pid -> false);
        procFs = new ClusterProcFs(rpc, new View(ZERO), providers[0], options);
        device = first.mountProc();
        session = procFs.serve(device);
        first.say("mount -t proc proc /proc/.local && mount --bind /proc/.local/sys /proc/sys; echo $?");
    }

    /** The second node needs several messages for all its processes. */
    private ProcProvider provider(TestContainer container, int batchLimit) {
        return new ProcProvider(container.proc(), new Moved(new ListedProcesses(container.proc()), moved), batchLimit);
    }

    /** Has a process pass for one that came from elsewhere. */
    void cameHere(int pid, TimeShift shift) {
        moved.put(pid, shift);
        procFs.moved(pid);
    }

    private record Moved(LocalProcesses listed, Map<Integer, TimeShift> moved) implements LocalProcesses {
        @Override
        public int[] pids() {
            return listed.pids();
        }

        @Override
        public boolean isHere(int pid) {
            return listed.isHere(pid);
        }

        @Override
        public Optional<TimeShift> timeShift(int pid) {
            return Optional.ofNullable(moved.get(pid));
        }
    }

    @Override
    public void close() throws IOException {
        first.close();
        second.close();
        session.ended().orTimeout(20, TimeUnit.SECONDS).join();
        device.close();
        procFs.close();
        for (ProcProvider provider : providers) {
            provider.close();
        }
        rpc.close();
        peer.close();
        time.close();
    }
}
