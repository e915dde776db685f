package org.linuxssi.linux;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A tiny assembler for the few x86-64 instructions that the agent needs (Intel SDM volume 2).
 *
 * <p>Memory operands are always {@code [base + disp32]} and a base is never rsp or r12, which would need another
 * encoding. Jumps are 32 bits wide and may go to labels that are placed later.
 */
final class X86Code {

    /** The general registers that the agent uses, with their numbers. */
    enum Reg {
        RAX(0),
        RBX(3),
        RDX(2),
        RSI(6),
        RDI(7),
        R8(8),
        R9(9),
        R10(10),
        R13(13),
        R14(14);

        private final int number;

        Reg(int number) {
            this.number = number;
        }

        int low() {
            return number & 7;
        }

        boolean high() {
            return number > 7;
        }
    }

    /** Conditions of jumps, by the number in the opcode. */
    enum Condition {
        BELOW(2),
        EQUAL(4),
        NOT_EQUAL(5);

        private final int code;

        Condition(int code) {
            this.code = code;
        }
    }

    private record Hole(int at, String label) {}

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final Map<String, Integer> labels = new HashMap<>();
    private final List<Hole> holes = new ArrayList<>();

    private X86Code emit(int... bytes) {
        for (int b : bytes) {
            out.write(b);
        }
        return this;
    }

    private X86Code imm32(int value) {
        return emit(value, value >> 8, value >> 16, value >> 24);
    }

    private static int rex(boolean wide, Reg reg, Reg rm) {
        return 0x40 | (wide ? 8 : 0) | (reg.high() ? 4 : 0) | (rm.high() ? 1 : 0);
    }

    private X86Code memory(boolean wide, int opcode, Reg reg, Reg base, int displacement) {
        if (base.low() == 4) {
            throw new IllegalArgumentException(base + " cannot be a base here");
        }
        return emit(rex(wide, reg, base), opcode, 0x80 | reg.low() << 3 | base.low())
                .imm32(displacement);
    }

    private X86Code direct(int opcode, int extension, Reg rm) {
        return emit(0x48 | (rm.high() ? 1 : 0), opcode, 0xc0 | extension << 3 | rm.low());
    }

    /** Places a label here. */
    X86Code label(String name) {
        labels.put(name, out.size());
        return this;
    }

    /** {@code mov reg, imm64}. */
    X86Code load(Reg reg, long value) {
        emit(0x48 | (reg.high() ? 1 : 0), 0xb8 | reg.low());
        return imm32((int) value).imm32((int) (value >> 32));
    }

    /** {@code mov reg32, imm32}: the upper half becomes zero. */
    X86Code loadWord(Reg reg, int value) {
        return emit(0x40 | (reg.high() ? 1 : 0), 0xb8 | reg.low()).imm32(value);
    }

    /** {@code mov reg, [base + displacement]}. */
    X86Code read(Reg reg, Reg base, int displacement) {
        return memory(true, 0x8b, reg, base, displacement);
    }

    /** {@code mov reg32, [base + displacement]}: the upper half becomes zero. */
    X86Code readWord(Reg reg, Reg base, int displacement) {
        return memory(false, 0x8b, reg, base, displacement);
    }

    /** {@code mov [base + displacement], reg}. */
    X86Code write(Reg base, int displacement, Reg reg) {
        return memory(true, 0x89, reg, base, displacement);
    }

    /** {@code lea reg, [base + displacement]}. */
    X86Code address(Reg reg, Reg base, int displacement) {
        return memory(true, 0x8d, reg, base, displacement);
    }

    /** {@code mov to, from}. */
    X86Code copy(Reg to, Reg from) {
        return emit(rex(true, from, to), 0x89, 0xc0 | from.low() << 3 | to.low());
    }

    /** {@code cmp dword [base + displacement], value}. */
    X86Code compareWord(Reg base, int displacement, int value) {
        return memory(false, 0x81, Reg.RDI, base, displacement).imm32(value);
    }

    /** {@code cmp reg, value}, sign-extended. */
    X86Code compare(Reg reg, int value) {
        return direct(0x81, 7, reg).imm32(value);
    }

    /** {@code add reg, value}. */
    X86Code add(Reg reg, int value) {
        return direct(0x81, 0, reg).imm32(value);
    }

    /** {@code syscall}. */
    X86Code syscall() {
        return emit(0x0f, 0x05);
    }

    /** {@code jmp label}. */
    X86Code jump(String label) {
        emit(0xe9);
        return hole(label);
    }

    /** {@code jcc label}. */
    X86Code jump(Condition condition, String label) {
        emit(0x0f, 0x80 | condition.code);
        return hole(label);
    }

    private X86Code hole(String label) {
        holes.add(new Hole(out.size(), label));
        return imm32(0);
    }

    /** Returns the machine code with all jumps filled in. */
    byte[] toBytes() {
        byte[] code = out.toByteArray();
        for (Hole hole : holes) {
            int distance = Objects.requireNonNull(labels.get(hole.label()), hole.label()) - (hole.at() + 4);
            for (int i = 0; i < 4; i++) {
                code[hole.at() + i] = (byte) (distance >> (8 * i));
            }
        }
        return code;
    }
}
