package org.linuxssi.cli;

import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;

/** Names of signals ({@code arch/x86/include/uapi/asm/signal.h}). */
final class SignalName {

    /** Interrupt from the keyboard. */
    static final int INT = 2;

    /** Window size changed. */
    static final int WINCH = 28;

    private static final List<String> NAMES = List.of(
            "0", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE",
            "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM",
            "PROF", "WINCH", "IO", "PWR", "SYS");

    private SignalName() {}

    /** Returns the number of {@code TERM}, {@code SIGTERM} or {@code 15}; empty when there is no such signal. */
    static OptionalInt number(String text) {
        if (text.matches("[0-9]{1,2}")) {
            int number = Integer.parseInt(text);
            return number <= 64 ? OptionalInt.of(number) : OptionalInt.empty();
        }
        String name = text.toUpperCase(Locale.ROOT);
        int number = NAMES.indexOf(name.startsWith("SIG") ? name.substring(3) : name);
        return number > 0 ? OptionalInt.of(number) : OptionalInt.empty();
    }
}
