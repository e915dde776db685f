package org.linuxssi.linux;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;

/**
 * A network name space kept alive by a bind mount on a file ({@code network_namespaces(7)}), with or without processes
 * in it.
 *
 * @param file the file it is mounted on
 */
public record NetNamespace(Path file) {

    private static final int CLONE_NEWNET = 0x40000000;
    private static final int AT_FDCWD = -100;
    private static final int O_CLOEXEC = 0x80000;

    /**
     * Makes a name space whose only device is a loopback that is up.
     *
     * @param file a path where nothing is; its directory must exist
     * @throws ErrnoException EPERM without CAP_SYS_ADMIN
     * @throws UncheckedIOException when the file can't be made
     */
    public static NetNamespace create(Path file) {
        try {
            Files.createFile(file);
        } catch (IOException problem) {
            throw new UncheckedIOException("create name space file " + file, problem);
        }
        OwnThread.call("create name space " + file, () -> {
            Syscalls.check("unshare CLONE_NEWNET", Syscalls.call(Nr.UNSHARE, CLONE_NEWNET));
            Mounts.bind(Path.of("/proc/thread-self/ns/net"), file);
            NetlinkLinks.up("lo");
            return file;
        });
        return new NetNamespace(file);
    }

    /** Returns the name space mounted on a file, if one is. */
    public static Optional<NetNamespace> find(Path file) {
        boolean mounted = FileSystems.kind(file.toString()) == FileSystems.NSFS;
        return mounted ? Optional.of(new NetNamespace(file)) : Optional.empty();
    }

    /** Runs something in this name space, on a thread of its own; sockets opened there stay in it. */
    public <T> T call(Callable<T> action) {
        return OwnThread.call("run in name space " + file, () -> {
            enter();
            return action.call();
        });
    }

    /** Runs something in this name space and in a mount name space that is kept, on a thread of its own. */
    public <T> T callWith(MountNamespace mounts, Callable<T> action) {
        return OwnThread.call("run in name space " + file, () -> {
            enter();
            mounts.enter();
            return action.call();
        });
    }

    /** Opens the name space and passes the descriptor, which is closed afterwards. */
    public <T> T withDescriptor(DescriptorUse<T> use) {
        int fd = open();
        try {
            return use.with(fd);
        } finally {
            Syscalls.call(Nr.CLOSE, fd);
        }
    }

    /** Returns the number that {@code /proc/PID/ns/net} shows for processes in this name space. */
    public long id() {
        return inode(file);
    }

    /** Returns the number of the name space of a process, or nothing when the process is gone. */
    public static Optional<Long> idOf(long pid) {
        try {
            return Optional.of(inode(Path.of("/proc", Long.toString(pid), "ns/net")));
        } catch (UncheckedIOException gone) {
            return Optional.empty();
        }
    }

    /** Unmounts and deletes the file; the name space goes when its last process does. */
    public void delete() {
        Mounts.unmount(file);
        try {
            Files.deleteIfExists(file);
        } catch (IOException problem) {
            throw new UncheckedIOException("delete name space file " + file, problem);
        }
    }

    /** Something done with an open descriptor. */
    @FunctionalInterface
    public interface DescriptorUse<T> {

        /** Does it. */
        T with(int descriptor);
    }

    private static long inode(Path path) {
        try {
            return (Long) Files.getAttribute(path, "unix:ino");
        } catch (IOException problem) {
            throw new UncheckedIOException("stat " + path, problem);
        }
    }

    private void enter() {
        withDescriptor(fd -> Syscalls.check("setns " + file, Syscalls.call(Nr.SETNS, fd, CLONE_NEWNET)));
    }

    private int open() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment path = Syscalls.text(arena, file.toString());
            return (int)
                    Syscalls.check("open " + file, Syscalls.call(Nr.OPENAT, AT_FDCWD, path.address(), O_CLOEXEC, 0));
        }
    }
}
