package org.linuxssi.linux;

/** What wait4(2) reports of a traced thread. The status word is decoded as in {@code ptrace(2)}. */
public sealed interface PtraceStop {

    /** The thread or process ended by itself. */
    record Exited(int code) implements PtraceStop {}

    /** The thread or process was killed by a signal. */
    record Killed(int signal) implements PtraceStop {}

    /** The thread is about to get a signal. */
    record Signal(int number) implements PtraceStop {}

    /** The thread stopped by an event, one of the {@code EVENT_} constants of {@link Ptrace}. */
    record Event(int event, int signal) implements PtraceStop {}

    /** Decodes the word that wait4 stores. */
    static PtraceStop of(int status) {
        int low = status & 0x7f;
        if (low == 0) {
            return new Exited((status >> 8) & 0xff);
        }
        if ((status & 0xff) != 0x7f) {
            return new Killed(low);
        }
        int signal = (status >> 8) & 0xff;
        int event = (status >> 16) & 0xff;
        return event == 0 ? new Signal(signal) : new Event(event, signal);
    }

    /** Tells whether the thread is gone. */
    default boolean gone() {
        return this instanceof Exited || this instanceof Killed;
    }
}
