package org.linuxssi.daemon;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.linuxssi.linux.CallTable;
import org.linuxssi.linux.DirectoryFd;
import org.linuxssi.linux.FuseDevice;
import org.linuxssi.linux.FuseNegotiated;
import org.linuxssi.linux.FuseSession;
import org.linuxssi.linux.Mounts;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.Syscalls;
import org.linuxssi.proc.Container;
import org.linuxssi.procfs.ClusterProcFs;
import org.linuxssi.procfs.ClusterView;
import org.linuxssi.procfs.LocalProcesses;
import org.linuxssi.procfs.ProcExtensions;
import org.linuxssi.procfs.ProcFsOptions;
import org.linuxssi.procfs.ProcProvider;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.NodeId;

/** The cluster's {@code /proc} in the container of this node, and what other nodes see of this one in theirs. */
final class ProcMount implements AutoCloseable {

    private static final String REAL = "procfs";
    private static final String DEVICE = "fuse-proc";
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final DirectoryFd real;
    private final ProcProvider provider;
    private final ClusterProcFs tree;
    private final LocalProcesses processes;
    private final FuseDevice device;

    private ProcMount(
            DirectoryFd real, LocalProcesses processes, ProcProvider provider, ClusterProcFs tree, FuseDevice device) {
        this.real = real;
        this.provider = provider;
        this.tree = tree;
        this.processes = processes;
        this.device = device;
    }

    /**
     * Mounts {@code /proc} in a new container, or goes on serving it in one that a former daemon left.
     *
     * @param agreed file that keeps what the kernel and the first daemon agreed on
     */
    static ProcMount start(Container container, Rpc rpc, ClusterView view, ProcessFilter filter, Path agreed) {
        Optional<Integer> kept = container.kept(DEVICE);
        DirectoryFd real = container
                .kept(REAL)
                .map(DirectoryFd::adopt)
                .orElseGet(() -> DirectoryFd.open("/proc/" + container.initPid() + "/root/proc"));
        LocalProcesses processes = filter.of(real);
        ProcProvider provider = new ProcProvider(real, processes);
        provider.serve(rpc);
        ClusterProcFs tree = new ClusterProcFs(rpc, view, provider, ProcFsOptions.defaults());
        FuseDevice device = kept.map(FuseDevice::adopt).orElseGet(FuseDevice::open);
        ProcMount mount = new ProcMount(real, processes, provider, tree, device);
        if (kept.isPresent()) {
            tree.takeOver(device, read(agreed));
        } else {
            mount.mount(container, agreed);
        }
        return mount;
    }

    /** Makes the view of this node's processes from its real procfs. */
    interface ProcessFilter {
        /** Returns the processes that really run here. */
        LocalProcesses of(DirectoryFd procfs);
    }

    private void mount(Container container, Path agreed) {
        container.keep(REAL, real.fd());
        int number = container.keep(DEVICE, device.fd());
        mount(container, "proc", "/proc", "fuse", ProcFsOptions.MOUNT_FLAGS, ProcFsOptions.MOUNT.data(number));
        FuseSession session = tree.serve(device);
        write(agreed, session.awaitReady(PATIENCE));
        String hidden = "/proc/" + ProcFsOptions.defaults().hidden();
        mount(container, "proc", hidden, "proc", ProcFsOptions.MOUNT_FLAGS, "");
        String real = hidden + "/" + ProcFsOptions.COVERED;
        mount(container, real, "/proc/" + ProcFsOptions.COVERED, "", Mounts.BIND, "");
    }

    private static void mount(Container container, String source, String target, String type, long flags, String data) {
        CallTable table = new CallTable();
        table.must(Nr.MOUNT, table.text(source), table.text(target), table.text(type), flags, table.text(data));
        long[] results = container.initAgent().run(table).join();
        Syscalls.check("mount " + source + " on " + target + " in the container", results[0]);
    }

    private static void write(Path file, FuseNegotiated agreed) {
        try {
            Files.writeString(file, agreed.format());
        } catch (IOException problem) {
            throw new UncheckedIOException("write " + file, problem);
        }
    }

    private static FuseNegotiated read(Path file) {
        try {
            return FuseNegotiated.parse(Files.readString(file));
        } catch (IOException problem) {
            throw new UncheckedIOException("read " + file, problem);
        }
    }

    /** Returns where other parts add files. */
    ProcExtensions extensions() {
        return tree.extensions();
    }

    /** Returns this node's processes as {@code krg ps} shows them. */
    ProcessRows rows(NodeId self) {
        return new ProcessRows(self, real, processes);
    }

    /** Has the kernel ask again where a process is. */
    void moved(int pid) {
        tree.moved(pid);
    }

    /** Stops serving; the mount goes with the container. */
    @Override
    public void close() {
        provider.close();
        tree.close();
        device.close();
        real.close();
    }
}
