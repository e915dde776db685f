package org.linuxssi.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Builds a classic BPF program over {@code struct seccomp_data} ({@code linux/seccomp.h}, {@code linux/filter.h}).
 *
 * <pre>{@code
 * new SeccompFilter()
 *     .load(SeccompFilter.NUMBER)
 *     .equal(Nr.KILL, "notify")
 *     .answer(SeccompFilter.ALLOW)
 *     .label("notify")
 *     .answer(SeccompFilter.NOTIFY)
 * }</pre>
 *
 * <p>Tests go on to the next instruction when they do not hold. Jumps go forward, at most 255 instructions.
 */
public final class SeccompFilter {

    /** Offset of the system call's number. */
    public static final int NUMBER = 0;

    /** Offset of the architecture. */
    public static final int ARCHITECTURE = 4;

    /** Offset of the upper half of the address of the calling instruction. */
    public static final int ADDRESS_HIGH = 12;

    /** {@code AUDIT_ARCH_X86_64} ({@code linux/audit.h}). */
    public static final int X86_64 = 0xc000003e;

    /** {@code SECCOMP_RET_ALLOW}. */
    public static final int ALLOW = 0x7fff0000;

    /** {@code SECCOMP_RET_USER_NOTIF}. */
    public static final int NOTIFY = 0x7fc00000;

    private static final int RETURN_ERROR = 0x00050000;
    private static final int LOAD_WORD = 0x20;
    private static final int JUMP_EQUAL = 0x15;
    private static final int JUMP_GREATER_EQUAL = 0x35;
    private static final int JUMP_ANY_BIT = 0x45;
    private static final int RETURN = 0x06;
    private static final int INSTRUCTION_SIZE = 8;
    private static final int SET_MODE_FILTER = 1;
    private static final int FLAG_NEW_LISTENER = 1 << 3;

    private record Instruction(int code, int operand, String whenTrue, String whenFalse) {}

    private static final String NEXT = "";

    private final List<Instruction> instructions = new ArrayList<>();
    private final Map<String, Integer> labels = new HashMap<>();

    /** Makes a program without instructions. */
    public SeccompFilter() {}

    /** Returns the offset of the lower half of an argument, 0 to 5. */
    public static int argument(int index) {
        return 16 + 8 * index;
    }

    private SeccompFilter add(int code, int operand, String whenTrue, String whenFalse) {
        instructions.add(new Instruction(code, operand, whenTrue, whenFalse));
        return this;
    }

    /** Loads the 32-bit word at an offset of {@code struct seccomp_data}. */
    public SeccompFilter load(int offset) {
        return add(LOAD_WORD, offset, NEXT, NEXT);
    }

    /** Jumps when the loaded word is the value. */
    public SeccompFilter equal(int value, String label) {
        return add(JUMP_EQUAL, value, label, NEXT);
    }

    /** Jumps when the loaded word is not the value. */
    public SeccompFilter differs(int value, String label) {
        return add(JUMP_EQUAL, value, NEXT, label);
    }

    /** Jumps when the loaded word, without sign, is the value or more. */
    public SeccompFilter atLeast(int value, String label) {
        return add(JUMP_GREATER_EQUAL, value, label, NEXT);
    }

    /** Jumps when the loaded word, without sign, is less than the value. */
    public SeccompFilter below(int value, String label) {
        return add(JUMP_GREATER_EQUAL, value, NEXT, label);
    }

    /** Jumps when the loaded word has any of these bits. */
    public SeccompFilter anyBit(int bits, String label) {
        return add(JUMP_ANY_BIT, bits, label, NEXT);
    }

    /** Ends the program with an action. */
    public SeccompFilter answer(int action) {
        return add(RETURN, action, NEXT, NEXT);
    }

    /** Ends the program: the call fails with this error. */
    public SeccompFilter fail(Errno errno) {
        return answer(RETURN_ERROR | errno.number());
    }

    /** Names the next instruction. */
    public SeccompFilter label(String name) {
        labels.put(name, instructions.size());
        return this;
    }

    /** Returns the number of instructions. */
    public int length() {
        return instructions.size();
    }

    /** Returns the program as an array of {@code struct sock_filter}. */
    public byte[] toBytes() {
        ByteBuffer out =
                ByteBuffer.allocate(instructions.size() * INSTRUCTION_SIZE).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < instructions.size(); i++) {
            Instruction instruction = instructions.get(i);
            out.putShort((short) instruction.code());
            out.put((byte) distance(i, instruction.whenTrue())).put((byte) distance(i, instruction.whenFalse()));
            out.putInt(instruction.operand());
        }
        return out.array();
    }

    private int distance(int from, String label) {
        if (label.equals(NEXT)) {
            return 0;
        }
        Integer to = labels.get(label);
        if (to == null || to <= from || to - from - 1 > 255) {
            throw new IllegalStateException("jump from instruction " + from + " to " + label + " is impossible");
        }
        return to - from - 1;
    }

    /**
     * Adds the call that installs this filter with a listener to a table; its result is the listener's descriptor. The
     * caller needs CAP_SYS_ADMIN, since no_new_privs is not set.
     */
    public int installBy(CallTable table) {
        long program = table.bytes(toBytes());
        long header = table.words(length(), program);
        return table.must(Nr.SECCOMP, SET_MODE_FILTER, FLAG_NEW_LISTENER, header);
    }
}
