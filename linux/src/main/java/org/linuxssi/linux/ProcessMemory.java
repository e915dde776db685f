package org.linuxssi.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The memory of another process, by process_vm_readv(2) and process_vm_writev(2), with {@code /proc/PID/mem} where
 * the protection of a mapping forbids them. The caller needs the rights of ptrace.
 */
public final class ProcessMemory implements AutoCloseable {

    private static final int VECTORS = 512;
    private static final int O_RDWR_CLOEXEC = 2 | 0x80000;

    private final int pid;
    private int memory = -1;

    /** Speaks of this process. */
    public ProcessMemory(int pid) {
        this.pid = pid;
    }

    /** A piece of the other process's memory. */
    public record Run(long address, long length) {}

    /** Reads at this address as many bytes as the segment has. */
    public void read(long address, MemorySegment target) {
        transfer(Nr.PROCESS_VM_READV, java.util.List.of(new Run(address, target.byteSize())), target);
    }

    /** Reads bytes. */
    public byte[] read(long address, int length) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment target = arena.allocate(Math.max(length, 1));
            read(address, target.asSlice(0, length));
            return target.asSlice(0, length).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
        }
    }

    /** Reads one word. */
    public long word(long address) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment target = arena.allocate(8);
            read(address, target);
            return target.get(JAVA_LONG, 0);
        }
    }

    /** Writes the segment at this address. */
    public void write(long address, MemorySegment source) {
        transfer(Nr.PROCESS_VM_WRITEV, java.util.List.of(new Run(address, source.byteSize())), source);
    }

    /** Writes bytes. */
    public void write(long address, byte[] bytes) {
        try (Arena arena = Arena.ofConfined()) {
            write(address, Syscalls.bytes(arena, bytes).asSlice(0, bytes.length));
        }
    }

    /** Reads the runs, one after the other, into the segment. */
    public void read(java.util.List<Run> runs, MemorySegment target) {
        transfer(Nr.PROCESS_VM_READV, runs, target);
    }

    /** Writes the segment to the runs, one after the other. */
    public void write(java.util.List<Run> runs, MemorySegment source) {
        transfer(Nr.PROCESS_VM_WRITEV, runs, source);
    }

    private void transfer(int call, java.util.List<Run> runs, MemorySegment local) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment vectors = arena.allocate(16L * (Math.min(runs.size(), VECTORS) + 1), 8);
            long done = 0;
            for (int from = 0; from < runs.size(); from += VECTORS) {
                int to = Math.min(runs.size(), from + VECTORS);
                done += batch(call, runs.subList(from, to), vectors, local, done);
            }
        }
    }

    private long batch(int call, java.util.List<Run> runs, MemorySegment vectors, MemorySegment local, long offset) {
        long total = 0;
        for (int i = 0; i < runs.size(); i++) {
            vectors.set(JAVA_LONG, 16L * (i + 1), runs.get(i).address());
            vectors.set(JAVA_LONG, 16L * (i + 1) + 8, runs.get(i).length());
            total += runs.get(i).length();
        }
        vectors.set(JAVA_LONG, 0, local.address() + offset);
        vectors.set(JAVA_LONG, 8, total);
        long moved = Syscalls.call(call, pid, vectors.address(), 1, vectors.address() + 16, runs.size(), 0);
        if (moved == -Errno.ESRCH.number() || moved == -Errno.EPERM.number()) {
            Syscalls.check("memory of process " + pid, moved);
        }
        if (moved != total) {
            slowly(call, runs, local.asSlice(offset, total), Math.max(moved, 0));
        }
        return total;
    }

    private void slowly(int call, java.util.List<Run> runs, MemorySegment local, long done) {
        int number = call == Nr.PROCESS_VM_READV ? Nr.PREAD64 : Nr.PWRITE64;
        long at = 0;
        for (Run run : runs) {
            long skip = Math.clamp(done - at, 0L, run.length());
            byFile(number, run.address() + skip, local.asSlice(at + skip, run.length() - skip));
            at += run.length();
        }
    }

    private void byFile(int number, long address, MemorySegment local) {
        for (long at = 0; at < local.byteSize(); ) {
            long moved = Syscalls.check(
                    "memory of process " + pid + " at " + Long.toHexString(address + at),
                    Syscalls.call(number, file(), local.address() + at, local.byteSize() - at, address + at));
            if (moved == 0) {
                throw new ErrnoException(
                        "memory of process " + pid + " at " + Long.toHexString(address + at), Errno.EIO);
            }
            at += moved;
        }
    }

    private synchronized int file() {
        if (memory < 0) {
            try (Arena arena = Arena.ofConfined()) {
                String path = "/proc/" + pid + "/mem";
                memory = (int) Syscalls.check(
                        "open " + path,
                        Syscalls.call(
                                Nr.OPENAT, -100, Syscalls.text(arena, path).address(), O_RDWR_CLOEXEC, 0));
            }
        }
        return memory;
    }

    /** Closes the file of the slow way. */
    @Override
    public synchronized void close() {
        if (memory >= 0) {
            Syscalls.call(Nr.CLOSE, memory);
            memory = -1;
        }
    }
}
