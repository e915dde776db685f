package org.linuxssi.linux;

/**
 * A change of state that wait4(2) reports.
 *
 * @param raw the status word as the kernel has it
 */
public record WaitStatus(int raw) {

    private static final int CONTINUED = 0xffff;

    /** Returns the status of a process that called exit. */
    public static WaitStatus ofExit(int code) {
        return new WaitStatus((code & 0xff) << 8);
    }

    /** Returns the status of a process that a signal killed. */
    public static WaitStatus ofSignal(int signal) {
        return new WaitStatus(signal);
    }

    /** Tells whether the process called exit. */
    public boolean exited() {
        return (raw & 0x7f) == 0;
    }

    /** Tells whether a signal killed the process. */
    public boolean signaled() {
        return !exited() && !stopped() && !continued();
    }

    /** Tells whether the process is gone. */
    public boolean ended() {
        return exited() || signaled();
    }

    /** Tells whether a signal stopped the process. */
    public boolean stopped() {
        return (raw & 0xff) == 0x7f;
    }

    /** Tells whether the process was continued. */
    public boolean continued() {
        return raw == CONTINUED;
    }

    /** Returns the exit code, 0 to 255; meaningful when it exited. */
    public int code() {
        return raw >> 8 & 0xff;
    }

    /** Returns the signal that killed or stopped it. */
    public int signal() {
        return stopped() ? code() : raw & 0x7f;
    }

    /** Tells whether it left a core file. */
    public boolean core() {
        return signaled() && (raw & 0x80) != 0;
    }

    /** Returns what a shell makes of it: the exit code, or 128 and the signal. */
    public int shellCode() {
        return exited() ? code() : 128 + signal();
    }

    @Override
    public String toString() {
        if (exited()) {
            return "exit " + code();
        }
        if (continued()) {
            return "continued";
        }
        return (stopped() ? "stopped by " : "killed by ") + signal() + (core() ? " with core" : "");
    }
}
