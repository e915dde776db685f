package org.linuxssi.linux;

import java.util.ArrayList;
import java.util.List;

/**
 * The system call that a thread is in: {@code /proc/PID/task/TID/syscall} ({@code proc_pid_syscall(5)}).
 *
 * @param number of the call, {@link #NONE} or {@link #RUNNING}
 * @param arguments the six of them, none without a call
 */
public record ProcFilesCall(long number, List<Long> arguments) {

    /** The thread waits, but in no system call. */
    public static final long NONE = -1;

    /** The thread runs, or is about to. */
    public static final long RUNNING = -2;

    /** Copies the arguments. */
    public ProcFilesCall {
        arguments = List.copyOf(arguments);
    }

    /**
     * Returns the call of a thread now.
     *
     * @throws ErrnoException ESRCH when it has ended, EPERM
     */
    public static ProcFilesCall of(int pid, int thread) {
        return parse(ProcFiles.text(pid, "task/" + thread + "/syscall"));
    }

    static ProcFilesCall parse(String text) {
        String[] words = text.strip().split(" ");
        if (words[0].equals("running")) {
            return new ProcFilesCall(RUNNING, List.of());
        }
        long number = Long.parseLong(words[0]);
        if (number < 0 || words.length < 7) {
            return new ProcFilesCall(NONE, List.of());
        }
        List<Long> arguments = new ArrayList<>();
        for (int i = 1; i <= 6; i++) {
            arguments.add(Long.parseUnsignedLong(words[i].substring(2), 16));
        }
        return new ProcFilesCall(number, arguments);
    }

    /** Returns an argument, counted from 0. */
    public long argument(int index) {
        return arguments.get(index);
    }
}
