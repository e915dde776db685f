package org.linuxssi.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/** Mounts of the calling thread's mount name space ({@code mount(2)}, {@code linux/mount.h}). */
public final class Mounts {

    /** {@code MS_NOSUID}: set-user-id bits have no effect. */
    public static final int NOSUID = 0x2;

    /** {@code MS_NODEV}: device files can't be opened. */
    public static final int NODEV = 0x4;

    /** {@code MS_BIND}: show a file or tree at a second place. */
    public static final int BIND = 0x1000;

    /** {@code MS_REC}: the whole tree of mounts. */
    public static final int RECURSIVE = 0x4000;

    /** {@code MS_PRIVATE}: mounts here are not seen elsewhere, nor the reverse. */
    public static final int PRIVATE = 1 << 18;

    /** {@code MS_SLAVE}: mounts made elsewhere are seen here, not the reverse. */
    public static final int SLAVE = 1 << 19;

    private static final int MNT_DETACH = 2;

    private Mounts() {}

    /**
     * Mounts a file system.
     *
     * @param source the device, tree or any word
     * @param target an existing file or directory
     * @param type the file system, empty for {@link #BIND} and changes of propagation
     * @param flags the flags above
     * @param options the file system's own options, may be empty
     * @throws ErrnoException when the kernel refuses
     */
    public static void mount(String source, Path target, String type, int flags, String options) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment from = Syscalls.text(arena, source);
            MemorySegment to = Syscalls.text(arena, target.toString());
            MemorySegment kind = Syscalls.text(arena, type);
            MemorySegment data = Syscalls.text(arena, options);
            long result = Syscalls.call(
                    Nr.MOUNT,
                    from.address(),
                    to.address(),
                    kind.address(),
                    flags,
                    options.isEmpty() ? 0 : data.address());
            Syscalls.check("mount " + source + " at " + target, result);
        }
    }

    /** Shows a file or tree at a second place. */
    public static void bind(Path source, Path target) {
        mount(source.toString(), target, "", BIND, "");
    }

    /**
     * Removes the newest mount at a place, at once for new users and later for those that hold it open.
     *
     * @throws ErrnoException EINVAL when nothing is mounted there
     */
    public static void unmount(Path target) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment path = Syscalls.text(arena, target.toString());
            Syscalls.check("unmount " + target, Syscalls.call(Nr.UMOUNT2, path.address(), MNT_DETACH));
        }
    }
}
