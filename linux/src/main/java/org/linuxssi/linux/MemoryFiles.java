package org.linuxssi.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Files that have no name in any directory ({@code memfd_create(2)}) and memory that processes share ({@code mmap(2)}). */
public final class MemoryFiles {

    private static final int MFD_CLOEXEC = 1;
    private static final int MFD_ALLOW_SEALING = 2;
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_SHARED_ANONYMOUS = 0x21;
    private static final int MAP_NORESERVE = 0x4000;
    private static final int F_ADD_SEALS = 1033;
    private static final int F_GET_SEALS = 1034;
    private static final int PERMISSIONS = 07777;

    private MemoryFiles() {}

    /**
     * Makes a file in memory.
     *
     * @param name for those who look at {@code /proc}, at most 249 bytes
     * @param size in bytes
     * @return a descriptor
     */
    public static int named(String name, long size) {
        try (Arena arena = Arena.ofConfined()) {
            long text = Syscalls.text(arena, name).address();
            int descriptor = (int) Syscalls.check(
                    "memfd_create " + name, Syscalls.call(Nr.MEMFD_CREATE, text, MFD_CLOEXEC | MFD_ALLOW_SEALING));
            long result = Syscalls.call(Nr.FTRUNCATE, descriptor, size);
            if (result < 0) {
                Descriptors.close(descriptor);
            }
            Syscalls.check("make a memory file of " + size + " bytes", result);
            return descriptor;
        }
    }

    /**
     * Makes memory as {@code mmap} with {@code MAP_SHARED | MAP_ANONYMOUS} does, as a file that can be mapped; a memory file
     * where the kernel does not let us have that.
     *
     * @param size in bytes
     * @return a descriptor
     */
    public static int shared(long size) {
        long address = Syscalls.call(Nr.MMAP, 0, size, PROT_READ_WRITE, MAP_SHARED_ANONYMOUS | MAP_NORESERVE, -1L, 0);
        Syscalls.check("map " + size + " bytes of shared memory", address);
        try {
            String range = Long.toHexString(address) + "-" + Long.toHexString(address + pages(size));
            return Descriptors.open("/proc/self/map_files/" + range, Descriptors.O_RDWR);
        } catch (ErrnoException forbidden) {
            return named("shared", size);
        } finally {
            Syscalls.call(Nr.MUNMAP, address, size);
        }
    }

    private static long pages(long size) {
        return (size + 4095) & -4096L;
    }

    /**
     * Who may do what with a file.
     *
     * @param mode permissions, {@code 07777} of {@code st_mode}
     * @param user who owns it
     * @param group its group
     */
    public record Access(int mode, int user, int group) {}

    /** Returns who may do what with an open file. */
    public static Access access(int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment stat = arena.allocate(144, 8);
            Syscalls.check("stat descriptor " + descriptor, Syscalls.call(Nr.FSTAT, descriptor, stat.address()));
            return new Access(stat.get(JAVA_INT, 24) & PERMISSIONS, stat.get(JAVA_INT, 28), stat.get(JAVA_INT, 32));
        }
    }

    /** Sets who may do what with an open file. */
    public static void setAccess(int descriptor, Access access) {
        Syscalls.check(
                "change the owner of a memory file",
                Syscalls.call(Nr.FCHOWN, descriptor, access.user(), access.group()));
        Syscalls.check("change the permissions of a memory file", Syscalls.call(Nr.FCHMOD, descriptor, access.mode()));
    }

    /** Returns the seals of a memory file; negative when it is none. */
    public static int seals(int descriptor) {
        return (int) Syscalls.call(Nr.FCNTL, descriptor, F_GET_SEALS);
    }

    /** Adds seals to a memory file. */
    public static void seal(int descriptor, int seals) {
        Syscalls.check("seal a memory file", Syscalls.call(Nr.FCNTL, descriptor, F_ADD_SEALS, seals));
    }
}
