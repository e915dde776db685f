package org.linuxssi.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * A mapping in a traced process from which tables of system calls are run: a loop of machine code, a table of (number,
 * six arguments, result) and room for data.
 *
 * <pre>{@code
 * PtraceScratch scratch = PtraceScratch.map(call, instruction, 0);
 * var table = scratch.table();
 * int cwd = table.add(Nr.CHDIR, table.text("/tmp"));
 * table.run(call);
 * table.check(cwd, "chdir /tmp");
 * scratch.unmap(call, instruction);
 * }</pre>
 */
public final class PtraceScratch {

    /** Size of the mapping in bytes. */
    public static final int BYTES = 1 << 20;

    /** Offset of the system call instruction in the loop. */
    private static final int SYSCALL_OFFSET = 0x20;

    private static final int TABLE = 256;
    private static final int ENTRY = 64;
    private static final int ENTRIES = 4000;
    private static final int DATA = TABLE + ENTRIES * ENTRY;
    private static final int STACK = 4096;
    private static final int PROT_ALL = 7;
    private static final int MAP_PRIVATE_ANONYMOUS = 0x22;
    private static final int MAP_FIXED_NOREPLACE = 0x10_0000;

    /*
     * loop: test r12,r12; jz end; mov rax,[rbx]; mov rdi,[rbx+8]; mov rsi,[rbx+16]; mov rdx,[rbx+24];
     * mov r10,[rbx+32]; mov r8,[rbx+40]; mov r9,[rbx+48]; syscall; mov [rbx+56],rax; add rbx,64; dec r12; jmp loop
     * end: int3
     */
    private static final byte[] CODE = {
        0x4d,
        (byte) 0x85,
        (byte) 0xe4,
        0x74,
        0x2a,
        0x48,
        (byte) 0x8b,
        0x03,
        0x48,
        (byte) 0x8b,
        0x7b,
        0x08,
        0x48,
        (byte) 0x8b,
        0x73,
        0x10,
        0x48,
        (byte) 0x8b,
        0x53,
        0x18,
        0x4c,
        (byte) 0x8b,
        0x53,
        0x20,
        0x4c,
        (byte) 0x8b,
        0x43,
        0x28,
        0x4c,
        (byte) 0x8b,
        0x4b,
        0x30,
        0x0f,
        0x05,
        0x48,
        (byte) 0x89,
        0x43,
        0x38,
        0x48,
        (byte) 0x83,
        (byte) 0xc3,
        0x40,
        0x49,
        (byte) 0xff,
        (byte) 0xcc,
        (byte) 0xeb,
        (byte) 0xd1,
        (byte) 0xcc
    };

    /** Copies of areas that are no longer needed: to make one takes longer than all that is done with it. */
    private static final Queue<MemorySegment> SPARE = new ConcurrentLinkedQueue<>();

    private final long base;
    private final MemorySegment local;

    private PtraceScratch(long base) {
        this.base = base;
        MemorySegment used = SPARE.poll();
        local = used == null ? Arena.ofAuto().allocate(BYTES, 16) : used;
    }

    /**
     * Maps a scratch area in the process.
     *
     * @param call the thread to run the call
     * @param instruction address of a system call instruction in the process
     * @param where the address to have it at, free now, or 0 for any
     */
    public static PtraceScratch map(PtraceCall call, long instruction, long where) {
        int flags = MAP_PRIVATE_ANONYMOUS | (where == 0 ? 0 : MAP_FIXED_NOREPLACE);
        long base = Syscalls.check(
                "map a scratch area in thread " + call.tid(),
                call.single(instruction, Nr.MMAP, where, BYTES, PROT_ALL, flags, -1, 0));
        PtraceScratch scratch = new PtraceScratch(base);
        call.memory().write(base, CODE);
        return scratch;
    }

    /** Returns the address of the mapping. */
    public long base() {
        return base;
    }

    /** Returns the address of the system call instruction in the loop, for {@link PtraceCall#single}. */
    public long instruction() {
        return base + SYSCALL_OFFSET;
    }

    /** Removes the mapping, after which neither it nor its tables may be used, by a call through an instruction elsewhere in the process. */
    public void unmap(PtraceCall call, long instruction) {
        Syscalls.check("unmap the scratch area", call.single(instruction, Nr.MUNMAP, base, BYTES));
        SPARE.add(local);
    }

    /** Starts an empty table; it takes the place of the last one, whose results are gone. */
    public Table table() {
        return new Table();
    }

    /** System calls that a thread runs one after the other. */
    public final class Table {

        private int entries;
        private int data = DATA;

        private Table() {}

        /** Returns the number of calls. */
        public int size() {
            return entries;
        }

        /** Tells whether there is no room for this many more calls with some data each. */
        public boolean full(int more) {
            return entries + more > ENTRIES || data > BYTES - STACK - 16 * 1024;
        }

        /** Appends a call; returns its index. */
        public int add(long number, long... arguments) {
            if (entries == ENTRIES) {
                throw new IllegalStateException("a table holds " + ENTRIES + " calls");
            }
            long at = TABLE + (long) entries * ENTRY;
            local.set(JAVA_LONG, at, number);
            for (int i = 0; i < 6; i++) {
                local.set(JAVA_LONG, at + 8L * (i + 1), i < arguments.length ? arguments[i] : 0);
            }
            return entries++;
        }

        /** Reserves zeroed room in the other process; returns its address there. */
        public long room(int bytes) {
            int at = (data + 15) & ~15;
            if (at + bytes > BYTES - STACK) {
                throw new IllegalStateException("a table has no room for " + bytes + " bytes more");
            }
            data = at + bytes;
            local.asSlice(at, bytes).fill((byte) 0);
            return base + at;
        }

        /** Puts bytes into the other process; returns their address there. */
        public long data(byte[] bytes) {
            long address = room(Math.max(bytes.length, 1));
            MemorySegment.copy(bytes, 0, local, JAVA_BYTE, address - base, bytes.length);
            return address;
        }

        /** Puts words into the other process; returns their address there. */
        public long words(long... words) {
            long address = room(words.length * 8);
            MemorySegment.copy(words, 0, local, JAVA_LONG, address - base, words.length);
            return address;
        }

        /** Puts a null-terminated text into the other process; returns its address there. */
        public long text(String text) {
            byte[] bytes = text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
            return data(java.util.Arrays.copyOf(bytes, bytes.length + 1));
        }

        /** Lets the thread run all calls and fetches results and data. */
        public void run(PtraceCall call) {
            if (entries == 0) {
                return;
            }
            ProcessMemory memory = call.memory();
            memory.write(base + TABLE, local.asSlice(TABLE, (long) entries * ENTRY));
            if (data > DATA) {
                memory.write(base + DATA, local.asSlice(DATA, data - DATA));
            }
            call.runTo(start(call.tid()), base + CODE.length);
            memory.read(base + TABLE, local.asSlice(TABLE, (long) entries * ENTRY));
            if (data > DATA) {
                memory.read(base + DATA, local.asSlice(DATA, data - DATA));
            }
        }

        private PtraceRegisters start(int tid) {
            PtraceRegisters registers = Ptrace.registers(tid);
            registers.set(PtraceRegisters.RBX, base + TABLE);
            registers.set(PtraceRegisters.R12, entries);
            registers.set(PtraceRegisters.RIP, base);
            registers.set(PtraceRegisters.RSP, base + BYTES - 128);
            registers.set(PtraceRegisters.ORIG_RAX, -1);
            return registers;
        }

        /** Returns the result of a call that ran. */
        public long result(int index) {
            return local.get(JAVA_LONG, TABLE + (long) index * ENTRY + 56);
        }

        /** Returns the result of a call that ran, or throws when it failed. */
        public long check(int index, String operation) {
            return Syscalls.check(operation, result(index));
        }

        /** Returns bytes that calls stored at an address of this table. */
        public byte[] bytes(long address, int length) {
            return local.asSlice(address - base, length).toArray(JAVA_BYTE);
        }

        /** Returns a word that calls stored at an address of this table. */
        public long word(long address) {
            return local.get(JAVA_LONG, address - base);
        }

        /** Returns four bytes that calls stored at an address of this table. */
        public int half(long address) {
            return local.get(java.lang.foreign.ValueLayout.JAVA_INT, address - base);
        }
    }
}
