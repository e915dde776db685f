package org.linuxssi.procfs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.linuxssi.linux.CallTable;
import org.linuxssi.linux.DirectoryFd;
import org.linuxssi.linux.FuseDevice;
import org.linuxssi.linux.FuseNegotiated;
import org.linuxssi.linux.FuseSession;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.Syscalls;
import org.linuxssi.proc.Container;
import org.linuxssi.rpc.Rpc;

/** {@code /sys/devices/system/cpu} of the cluster in a container, mounted by its init: optional, see {@link ClusterCpuFs}. */
public final class ContainerCpus implements AutoCloseable {

    private static final String DIRECTORY = "/sys/devices/system/cpu";
    private static final String DEVICE = "cpu-fuse";
    private static final long AT_FDCWD = -100;
    /** OPEN_TREE_CLONE and AT_RECURSIVE ({@code uapi/linux/mount.h}, {@code uapi/linux/fcntl.h}). */
    private static final long CLONE_ALL = 1 | 0x8000;
    /** {@code uapi/linux/mount.h}. */
    private static final long MOVE_MOUNT_F_EMPTY_PATH = 4;

    private final DirectoryFd system = DirectoryFd.open(DIRECTORY);
    private final ClusterCpuFs fileSystem;
    private final FuseDevice device;
    private final FuseSession session;

    private ContainerCpus(Container container, ClusterView view, Rpc rpc, ProcFsOptions options, Path agreement) {
        fileSystem = new ClusterCpuFs(rpc, view, system, options);
        Optional<Integer> known = container.kept(DEVICE);
        try {
            if (known.isPresent()) {
                device = FuseDevice.adopt(known.get());
                session = fileSystem.takeOver(device, FuseNegotiated.parse(Files.readString(agreement)));
            } else {
                device = FuseDevice.open();
                session = mount(container, options);
                Files.writeString(agreement, session.negotiated().join().format() + "\n");
            }
        } catch (IOException problem) {
            throw new UncheckedIOException("what FUSE agreed on, in " + agreement, problem);
        }
    }

    /**
     * Shows the processors of the cluster in a container.
     *
     * @param directory of this node alone, where a later daemon finds what was agreed with the kernel
     * @throws org.linuxssi.linux.ErrnoException when the kernel refuses the mounts
     */
    public static ContainerCpus start(
            Container container, Rpc rpc, ClusterView view, ProcFsOptions options, Path directory) {
        return new ContainerCpus(container, view, rpc, options, directory.resolve("cpu-fuse"));
    }

    /** The real directory is cloned before it is covered, and then put onto the hidden one. */
    private FuseSession mount(Container container, ProcFsOptions options) {
        int number = container.keep(DEVICE, device.fd());
        CallTable cover = new CallTable();
        cover.must(Nr.OPEN_TREE, AT_FDCWD, cover.text(DIRECTORY), CLONE_ALL);
        cover.must(
                Nr.MOUNT,
                cover.text("cpu"),
                cover.text(DIRECTORY),
                cover.text("fuse"),
                ProcFsOptions.MOUNT_FLAGS,
                cover.text(ProcFsOptions.MOUNT.data(number)));
        long[] covered = container.initAgent().run(cover).join();
        long tree = Syscalls.check("clone " + DIRECTORY + " in the container", covered[0]);
        Syscalls.check("mount fuse on " + DIRECTORY + " in the container", covered[1]);
        FuseSession serving = fileSystem.serve(device);
        CallTable place = new CallTable();
        String hidden = DIRECTORY + "/" + options.hidden();
        place.may(Nr.MOVE_MOUNT, tree, place.text(""), AT_FDCWD, place.text(hidden), MOVE_MOUNT_F_EMPTY_PATH);
        place.may(Nr.CLOSE, tree);
        Syscalls.check(
                "mount on " + hidden + " in the container",
                container.initAgent().run(place).join()[0]);
        return serving;
    }

    /** Returns the session. */
    public FuseSession session() {
        return session;
    }

    /** Stops answering other nodes; the mount stays as long as the container. */
    @Override
    public void close() {
        fileSystem.close();
        device.close();
        system.close();
    }
}
