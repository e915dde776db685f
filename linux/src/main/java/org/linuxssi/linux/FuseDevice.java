package org.linuxssi.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * An open {@code /dev/fuse}: one connection to one mount.
 *
 * <p>The process that mounts may be another one. It needs the descriptor under some number N, and calls
 * {@code mount(source, target, type, flags, options.data(N))}. The pids in requests are those of its pid name space.
 *
 * <pre>{@code
 * FuseDevice device = FuseDevice.open();
 * device.mount(options, "/mnt", FuseMountOptions.MS_NOSUID);
 * FuseSession session = FuseSession.start(device, FuseOptions.synthetic("proc", 3), fileSystem);
 * }</pre>
 */
public final class FuseDevice implements AutoCloseable {

    private static final int O_RDWR = 2;
    private static final int O_CLOEXEC = 0x80000;
    private static final int AT_FDCWD = -100;
    private static final int MNT_DETACH = 2;
    /** {@code FUSE_DEV_IOC_BACKING_OPEN}: _IOW(229, 1, struct fuse_backing_map). */
    private static final long BACKING_OPEN = 0x4010e501L;
    /** {@code FUSE_DEV_IOC_BACKING_CLOSE}: _IOW(229, 2, uint32_t). */
    private static final long BACKING_CLOSE = 0x4004e502L;

    private final int fd;
    private final AtomicBoolean closed = new AtomicBoolean();

    private FuseDevice(int fd) {
        this.fd = fd;
    }

    /**
     * Opens the device for a new mount.
     *
     * @throws ErrnoException ENOENT or ENODEV when the kernel has no FUSE: {@code modprobe fuse}
     */
    public static FuseDevice open() {
        try (Arena arena = Arena.ofConfined()) {
            long path = Syscalls.text(arena, "/dev/fuse").address();
            return new FuseDevice((int)
                    Syscalls.check("open /dev/fuse", Syscalls.call(Nr.OPENAT, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0)));
        }
    }

    /** Takes over a descriptor of this process, for example one that pidfd_getfd(2) gave. */
    public static FuseDevice adopt(int fd) {
        return new FuseDevice(fd);
    }

    /** Returns the descriptor. */
    public int fd() {
        return fd;
    }

    /**
     * Mounts in the mount name space of the calling thread.
     *
     * @param flags of mount(2), for example {@link FuseMountOptions#MS_NOSUID}
     * @throws ErrnoException as mount(2)
     */
    public void mount(FuseMountOptions options, String target, long flags) {
        try (Arena arena = Arena.ofConfined()) {
            Syscalls.check(
                    "mount " + options.type() + " on " + target,
                    Syscalls.call(
                            Nr.MOUNT,
                            Syscalls.text(arena, options.source()).address(),
                            Syscalls.text(arena, target).address(),
                            Syscalls.text(arena, options.type()).address(),
                            flags,
                            Syscalls.text(arena, options.data(fd)).address()));
        }
    }

    /**
     * Detaches the mount at the target; it ends when its last user is gone.
     *
     * @throws ErrnoException as umount2(2)
     */
    public static void unmount(String target) {
        try (Arena arena = Arena.ofConfined()) {
            long path = Syscalls.text(arena, target).address();
            Syscalls.check("unmount " + target, Syscalls.call(Nr.UMOUNT2, path, MNT_DETACH));
        }
    }

    /**
     * Makes a file known as backing file for {@link FuseAbi#FOPEN_PASSTHROUGH}.
     *
     * @return its id, for {@link FuseReply#opened}
     * @throws ErrnoException as the ioctl
     */
    public int openBacking(int backingFd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment map = arena.allocate(16, 8);
            map.set(JAVA_INT, 0, backingFd);
            return (int) Syscalls.check(
                    "make fd " + backingFd + " a FUSE backing file",
                    Syscalls.call(Nr.IOCTL, fd, BACKING_OPEN, map.address()));
        }
    }

    /** Forgets a backing file; files opened with it keep it. */
    public void closeBacking(int id) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment word = arena.allocate(JAVA_INT);
            word.set(JAVA_INT, 0, id);
            Syscalls.check(
                    "forget FUSE backing file " + id, Syscalls.call(Nr.IOCTL, fd, BACKING_CLOSE, word.address()));
        }
    }

    /** Closes the descriptor; when no other process has it, the mount is dead. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            Syscalls.call(Nr.CLOSE, fd);
        }
    }
}
