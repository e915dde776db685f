package org.linuxssi.linux;

import java.util.Arrays;

/**
 * The general registers of a thread, in the order of {@code struct user_regs_struct} ({@code asm/user_64.h}): 27 words.
 *
 * <p>Mutable on purpose: a tracer changes a copy and writes it back.
 */
public final class PtraceRegisters {

    /** Number of words. */
    public static final int WORDS = 27;

    /** Number of bytes. */
    public static final int BYTES = WORDS * 8;

    /** Index of r12. */
    public static final int R12 = 3;

    /** Index of rbx. */
    public static final int RBX = 5;

    /** Index of r10. */
    public static final int R10 = 7;

    /** Index of r9. */
    public static final int R9 = 8;

    /** Index of r8. */
    public static final int R8 = 9;

    /** Index of rax. */
    public static final int RAX = 10;

    /** Index of rdx. */
    public static final int RDX = 12;

    /** Index of rsi. */
    public static final int RSI = 13;

    /** Index of rdi. */
    public static final int RDI = 14;

    /** Index of orig_rax: the number of the system call the thread is in, or -1. */
    public static final int ORIG_RAX = 15;

    /** Index of rip. */
    public static final int RIP = 16;

    /** Index of cs. */
    public static final int CS = 17;

    /** Index of eflags. */
    public static final int EFLAGS = 18;

    /** Index of rsp. */
    public static final int RSP = 19;

    private final long[] words;

    /** Takes over the words. */
    public PtraceRegisters(long[] words) {
        if (words.length != WORDS) {
            throw new IllegalArgumentException(words.length + " words are not " + WORDS);
        }
        this.words = words;
    }

    /** Returns one word. */
    public long get(int index) {
        return words[index];
    }

    /** Sets one word. */
    public void set(int index, long value) {
        words[index] = value;
    }

    /** Returns a copy of all words. */
    public long[] words() {
        return words.clone();
    }

    /** Returns an independent copy. */
    public PtraceRegisters copy() {
        return new PtraceRegisters(words.clone());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PtraceRegisters that && Arrays.equals(words, that.words);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(words);
    }

    @Override
    public String toString() {
        return "rip=" + Long.toHexString(words[RIP]) + " rax=" + words[RAX] + " orig_rax=" + words[ORIG_RAX];
    }
}
