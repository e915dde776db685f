package org.linuxssi.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Small pieces of an agent's memory, by process_vm_readv(2) and process_vm_writev(2), at one call each. */
public final class AgentMemory {

    private AgentMemory() {}

    /**
     * Reads bytes of another process.
     *
     * @throws ErrnoException when the process is gone (ESRCH) or has nothing there (EFAULT)
     */
    public static byte[] read(int pid, long address, int count) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment local = arena.allocate(Math.max(count, 1), 8);
            transfer(Nr.PROCESS_VM_READV, arena, pid, local, address, count);
            return local.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE);
        }
    }

    /** Writes bytes of another process; throws as {@link #read}. */
    public static void write(int pid, long address, byte[] bytes) {
        try (Arena arena = Arena.ofConfined()) {
            transfer(Nr.PROCESS_VM_WRITEV, arena, pid, Syscalls.bytes(arena, bytes), address, bytes.length);
        }
    }

    private static void transfer(int number, Arena arena, int pid, MemorySegment local, long address, int count) {
        MemorySegment vectors = arena.allocate(32, 8);
        vectors.set(ValueLayout.JAVA_LONG, 0, local.address());
        vectors.set(ValueLayout.JAVA_LONG, 8, count);
        vectors.set(ValueLayout.JAVA_LONG, 16, address);
        vectors.set(ValueLayout.JAVA_LONG, 24, count);
        String operation = "memory of process " + pid + " at 0x" + Long.toHexString(address);
        long done = Syscalls.check(
                operation, Syscalls.call(number, pid, vectors.address(), 1, vectors.address() + 16, 1, 0));
        if (done != count) {
            throw new ErrnoException(operation, Errno.EFAULT);
        }
    }
}
