package org.linuxssi.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.Consumer;
import org.linuxssi.linux.X86Code.Condition;
import org.linuxssi.linux.X86Code.Reg;

/**
 * The agent: a few hundred bytes of machine code, written by Java, that make system calls where the daemon cannot, inside
 * the container. The same code is the container's init, the blank that becomes a launched or arriving program, and the
 * proxy of a process that lives on another node.
 *
 * <p>It has no stack and no logic of its own:
 *
 * <pre>
 * entry:  run the table that the file holds
 * tell:   what to do next = notified call {@link #CALL}(address of the data, event, detail)
 *           {@link #RUN}  run the table in the data, tell {@link #TABLE_DONE}
 *           other         rt_sigtimedwait(every signal) into {@link #SIGINFO}, tell {@link #SIGNAL} with its number
 * </pre>
 *
 * <p>A {@code clone3} entry makes a child that leaves the table and tells {@link #STARTED}. The file is mapped at one odd
 * high address in every agent, so addresses in it are constants, and the seccomp filter knows an agent's own calls by
 * the upper half of their address.
 */
public final class AgentImage {

    /** The number of the reserved system call that agents tell the daemon with. */
    public static final int CALL = 0x4c53;

    /** Where the code is mapped. */
    public static final long BASE = 0x1153_4c53_0000L;

    /** Where the data is mapped. */
    public static final long DATA_AT = BASE + ElfWriter.PAGE;

    /** Bytes of the data. */
    public static final int ROOM = 4 << 20;

    /** Event: a child has been cloned and waits for orders. */
    public static final int STARTED = 0;

    /** Event: the table has run; the detail is the address of the entry after the last one that ran. */
    public static final int TABLE_DONE = 1;

    /** Event: a signal came; the detail is rt_sigtimedwait's result. */
    public static final int SIGNAL = 2;

    /**
     * Event of an injected call, not of the agent's code: the caller wants a descriptor of the daemon; the detail is the
     * key it was offered under.
     */
    public static final int FETCH = 3;

    /** Event of a process that waits for the next daemon to be let go by a tracer; it is never answered. */
    public static final int HELD = 4;

    /** Answer: wait for a signal. */
    public static final int WAIT = 0;

    /** Answer: run the table. */
    public static final int RUN = 1;

    /** Offset in the data: entries of the table to run, 8 bytes. */
    public static final int COUNT = 0;

    /** Offset in the data: the daemon's number for this table, 8 bytes; a cloned child keeps it. */
    public static final int TAG = 8;

    /** Offset in the data: the set of all signals, 8 bytes. */
    public static final int ALL_SIGNALS = 16;

    /** Offset in the data: the child's own pid where the table's clone3 uses CLONE_CHILD_SETTID, 4 bytes. */
    public static final int OWN_PID = 24;

    /** Offset in the data: what this agent is for, {@link #NOTE_SIZE} bytes that only the daemon reads and writes. */
    public static final int NOTE = 64;

    /** Bytes of the note. */
    public static final int NOTE_SIZE = 64;

    /** Offset in the data: siginfo of the last signal, 128 bytes. */
    public static final int SIGINFO = 128;

    /** Offset in the data: the entries. */
    public static final int TABLE = 256;

    /** Bytes of an entry: number and flag in 4 bytes each, six arguments, result. */
    public static final int ENTRY_SIZE = 64;

    /** Offset of the result in an entry. */
    public static final int RESULT = 56;

    /** Largest number of entries of a table. */
    public static final int ENTRIES = 188;

    /** Offset in the data: what the entries point to. */
    public static final int MEMORY = TABLE + ENTRIES * ENTRY_SIZE;

    /** The result of an entry that did not run. */
    public static final long NOT_RUN = Long.MIN_VALUE;

    private static final byte[] CODE = code();

    private AgentImage() {}

    /** Returns the file of an agent that blocks all signals and ignores none, closes its descriptors, leaves its directory and tells. */
    public static byte[] file() {
        return file(table -> {
            table.may(Nr.CHDIR, table.text("/"));
            table.may(Nr.CLOSE_RANGE, 0, 0xffff_ffffL, 0);
        });
    }

    /** Returns the file of an agent that blocks all signals and ignores none, makes these calls first, and then tells. */
    public static byte[] file(Consumer<CallTable> firstCalls) {
        CallTable table = new CallTable();
        table.may(Nr.RT_SIGPROCMASK, 2, DATA_AT + ALL_SIGNALS, 0, 8);
        ignoreNothing(table);
        firstCalls.accept(table);
        byte[] memory = table.memory();
        ByteBuffer data = ByteBuffer.allocate(MEMORY + memory.length).order(ByteOrder.LITTLE_ENDIAN);
        data.putLong(COUNT, table.size()).putLong(ALL_SIGNALS, -1);
        data.put(TABLE, table.encodeEntries()).put(MEMORY, memory);
        return ElfWriter.write(BASE, CODE, data.array(), ROOM);
    }

    /** What the program ignored stays ignored when it executes the file: a proxy could not stop or die by such a signal. */
    private static void ignoreNothing(CallTable table) {
        long usual = table.words(0, 0, 0, 0);
        for (int signal = 1; signal <= Signals.LAST; signal++) {
            table.may(Nr.RT_SIGACTION, signal, usual, 0, 8);
        }
    }

    /**
     * Returns the value of the attribute {@code security.capability} that lets a process of any user keep all capabilities
     * in reserve when it executes the file ({@code struct vfs_cap_data}, {@code linux/capability.h}). They are permitted and
     * not effective, so that the kernel gives what the process's bounding set has instead of refusing.
     */
    public static byte[] fileCapabilities() {
        ByteBuffer out = ByteBuffer.allocate(20).order(ByteOrder.LITTLE_ENDIAN);
        return out.putInt(0x0200_0000)
                .putInt(-1)
                .putInt(0)
                .putInt(0x1ff)
                .putInt(0)
                .array();
    }

    /** Returns the machine code, for disassembly. */
    static byte[] machineCode() {
        return CODE.clone();
    }

    private static byte[] code() {
        X86Code code = new X86Code();
        code.load(Reg.RBX, DATA_AT);
        runTable(code);
        tell(code);
        waitForSignal(code);
        return code.toBytes();
    }

    private static void runTable(X86Code code) {
        code.label("table").address(Reg.R13, Reg.RBX, TABLE).read(Reg.R14, Reg.RBX, COUNT);
        code.label("next").compare(Reg.R14, 0).jump(Condition.EQUAL, "done");
        Reg[] arguments = {Reg.RDI, Reg.RSI, Reg.RDX, Reg.R10, Reg.R8, Reg.R9};
        code.readWord(Reg.RAX, Reg.R13, 0);
        for (int i = 0; i < arguments.length; i++) {
            code.read(arguments[i], Reg.R13, 8 + 8 * i);
        }
        code.syscall().write(Reg.R13, RESULT, Reg.RAX);
        code.compareWord(Reg.R13, 0, Nr.CLONE3).jump(Condition.NOT_EQUAL, "checked");
        code.compare(Reg.RAX, 0).jump(Condition.EQUAL, "child");
        code.label("checked").add(Reg.R13, ENTRY_SIZE).add(Reg.R14, -1);
        code.compareWord(Reg.R13, 4 - ENTRY_SIZE, 0).jump(Condition.EQUAL, "next");
        code.compare(Reg.RAX, -4095).jump(Condition.BELOW, "next");
        code.label("done").loadWord(Reg.RSI, TABLE_DONE).copy(Reg.RDX, Reg.R13).jump("tell");
        code.label("child").loadWord(Reg.RSI, STARTED).loadWord(Reg.RDX, 0);
    }

    private static void tell(X86Code code) {
        code.label("tell").copy(Reg.RDI, Reg.RBX).loadWord(Reg.RAX, CALL).syscall();
        code.compare(Reg.RAX, RUN).jump(Condition.EQUAL, "table");
    }

    private static void waitForSignal(X86Code code) {
        code.address(Reg.RDI, Reg.RBX, ALL_SIGNALS).address(Reg.RSI, Reg.RBX, SIGINFO);
        code.loadWord(Reg.RDX, 0)
                .loadWord(Reg.R10, 8)
                .loadWord(Reg.RAX, Nr.RT_SIGTIMEDWAIT)
                .syscall();
        code.loadWord(Reg.RSI, SIGNAL).copy(Reg.RDX, Reg.RAX).jump("tell");
    }
}
