package org.linuxssi.linux;

import java.lang.foreign.Arena;

/** Numbers of signals on x86-64 ({@code asm/signal.h}) and codes of siginfo ({@code asm-generic/siginfo.h}). */
public final class Signals {

    /** Hang-up. */
    public static final int SIGHUP = 1;

    /** Interrupt from the terminal. */
    public static final int SIGINT = 2;

    /** Quit from the terminal. */
    public static final int SIGQUIT = 3;

    /** Kill; can't be caught. */
    public static final int SIGKILL = 9;

    /** Memory access that is not allowed. */
    public static final int SIGSEGV = 11;

    /** Polite request to end. */
    public static final int SIGTERM = 15;

    /** A child changed its state. */
    public static final int SIGCHLD = 17;

    /** Continue. */
    public static final int SIGCONT = 18;

    /** Stop; can't be caught. */
    public static final int SIGSTOP = 19;

    /** Stop from the terminal. */
    public static final int SIGTSTP = 20;

    /** Background read of the terminal. */
    public static final int SIGTTIN = 21;

    /** Background write to the terminal. */
    public static final int SIGTTOU = 22;

    /** The window's size changed. */
    public static final int SIGWINCH = 28;

    /** The largest signal. */
    public static final int LAST = 64;

    /** Sent by kill(2). */
    public static final int SI_USER = 0;

    /** Sent by the kernel. */
    public static final int SI_KERNEL = 0x80;

    /** Sent by sigqueue(3). */
    public static final int SI_QUEUE = -1;

    /** Sent by tgkill(2). */
    public static final int SI_TKILL = -6;

    /** Our own code: a daemon wakes one of its agents. */
    public static final int SI_WAKE = -0x4c53;

    private Signals() {}

    /**
     * Sends a signal with its siginfo to a process of our pid name space or below.
     *
     * @return 0 or a negated error number
     */
    public static long queue(int pid, SignalInfo info) {
        try (Arena arena = Arena.ofConfined()) {
            return Syscalls.call(
                    Nr.RT_SIGQUEUEINFO,
                    pid,
                    info.number(),
                    Syscalls.bytes(arena, info.toBytes()).address());
        }
    }

    /** Sends a signal to a process of our pid name space or below; returns 0 or a negated error number. */
    public static long kill(int pid, int signal) {
        return Syscalls.call(Nr.KILL, pid, signal);
    }
}
