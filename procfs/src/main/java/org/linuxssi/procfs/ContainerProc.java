package org.linuxssi.procfs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import org.linuxssi.linux.CallTable;
import org.linuxssi.linux.DirectoryFd;
import org.linuxssi.linux.FuseDevice;
import org.linuxssi.linux.FuseNegotiated;
import org.linuxssi.linux.FuseSession;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.Syscalls;
import org.linuxssi.proc.Container;
import org.linuxssi.proc.ProcessTable;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.NodeSet;

/**
 * {@code /proc} of the cluster in a container: mounted by its init when the container is new, taken over when a former
 * daemon left it. It ends with the container.
 *
 * <pre>{@code
 * ContainerProc proc = ContainerProc.start(container, table, rpc, hotplug::online, ProcFsOptions.defaults(), run);
 * proc.fileSystem().extensions().add("kddm/sets", uid -> sets());
 * proc.fileSystem().moved(pid);  // whenever a process came to this node or left it
 * }</pre>
 */
public final class ContainerProc implements AutoCloseable {

    private static final String DEVICE = "proc-fuse";
    private static final String REAL = "proc-real";

    private final DirectoryFd real;
    private final ProcProvider provider;
    private final ClusterProcFs fileSystem;
    private final FuseDevice device;
    private final FuseSession session;

    private ContainerProc(
            Container container,
            ProcessTable table,
            Rpc rpc,
            Supplier<NodeSet> online,
            ProcFsOptions options,
            Path agreement) {
        Optional<Integer> known = container.kept(DEVICE);
        real = container.kept(REAL).map(DirectoryFd::adopt).orElseGet(() -> open(container));
        provider = new ProcProvider(real, new ContainerProcesses(real, table));
        provider.serve(rpc);
        fileSystem = new ClusterProcFs(rpc, new TableView(container.node(), table, online), provider, options);
        if (known.isPresent()) {
            device = FuseDevice.adopt(known.get());
            session = fileSystem.takeOver(device, FuseNegotiated.parse(read(agreement)));
        } else {
            device = FuseDevice.open();
            int number = container.keep(DEVICE, device.fd());
            mount(container, ProcFsOptions.MOUNT.type(), "/proc", ProcFsOptions.MOUNT.data(number));
            session = fileSystem.serve(device);
            mount(container, "proc", "/proc/" + options.hidden(), "");
            write(agreement, session.negotiated().join().format());
        }
    }

    /**
     * Shows the cluster in a container's {@code /proc}; its programs use it at once.
     *
     * @param online the nodes of the cluster
     * @param directory of this node alone, where a later daemon finds what was agreed with the kernel
     * @throws org.linuxssi.linux.ErrnoException when the kernel refuses the mounts
     */
    public static ContainerProc start(
            Container container,
            ProcessTable table,
            Rpc rpc,
            Supplier<NodeSet> online,
            ProcFsOptions options,
            Path directory) {
        return new ContainerProc(container, table, rpc, online, options, directory.resolve("proc-fuse"));
    }

    /** Opens the procfs that init mounted at the container's start, before it is covered. */
    private static DirectoryFd open(Container container) {
        DirectoryFd directory = DirectoryFd.open("/proc/" + container.initPid() + "/root/proc");
        container.keep(REAL, directory.fd());
        return directory;
    }

    private static void mount(Container container, String type, String target, String data) {
        CallTable table = new CallTable();
        table.must(
                Nr.MOUNT,
                table.text(ProcFsOptions.MOUNT.source()),
                table.text(target),
                table.text(type),
                ProcFsOptions.MOUNT_FLAGS,
                table.text(data));
        long[] results = container.initAgent().run(table).join();
        Syscalls.check("mount " + type + " on " + target + " in the container", results[0]);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException problem) {
            throw new UncheckedIOException("read what FUSE agreed on from " + file + ": end the container", problem);
        }
    }

    private static void write(Path file, String line) {
        try {
            Files.writeString(file, line + "\n");
        } catch (IOException problem) {
            throw new UncheckedIOException("write what FUSE agreed on to " + file, problem);
        }
    }

    /** Returns the file system, for extensions and notices of migrations. */
    public ClusterProcFs fileSystem() {
        return fileSystem;
    }

    /** Returns the session. */
    public FuseSession session() {
        return session;
    }

    /** Stops answering other nodes; the mount stays as long as the container, and waits for the next daemon. */
    @Override
    public void close() {
        provider.close();
        fileSystem.close();
        device.close();
        real.close();
    }
}
