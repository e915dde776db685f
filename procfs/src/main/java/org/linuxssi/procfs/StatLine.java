package org.linuxssi.procfs;

import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.linuxssi.proc.CpuTimes;
import org.linuxssi.proc.TimeShift;
import org.linuxssi.tools.NodeId;

/** Changes the fields of a process's {@code stat} (proc_pid_stat(5)) that mean something only on its node, or only to it. */
final class StatLine {

    private static final int TTY = 7;
    private static final int USER_TIME = 14;
    private static final int START = 22;
    private static final int PTS_MAJOR = 136;
    private static final int PTS_LIMIT = 1 << 12;

    private StatLine() {}

    /**
     * Returns the line as another node shows it.
     *
     * @param stat the line of the process's own node
     * @param owner its node: the numbers of pseudo terminals get 4096 × node added, so that they are not taken for
     *     terminals here
     * @param ticks what the start time in clock ticks gets added, for a node that booted at another time
     * @param mayLook whether addresses are shown
     */
    static byte[] convert(byte[] stat, NodeId owner, long ticks, boolean mayLook) {
        return change(stat, fields -> local(fields, owner, ticks, mayLook));
    }

    private static void local(String[] fields, NodeId owner, long ticks, boolean mayLook) {
        set(fields, TTY, tty(get(fields, TTY), owner));
        set(fields, START, Math.max(0, get(fields, START) + ticks));
        if (!mayLook) {
            hide(fields);
        }
    }

    /** Returns the line as the process's own node shows it to somebody who may not trace the process. */
    static byte[] hidden(byte[] stat) {
        return change(stat, StatLine::hide);
    }

    /** Returns the line with the times of the process's whole life; that of another process stays as it is. */
    static byte[] shift(byte[] stat, TimeShift shift) {
        return change(stat, fields -> {
            if (get(fields, START) == shift.nativeStart()) {
                shift(fields, shift);
            }
        });
    }

    private static void shift(String[] fields, TimeShift shift) {
        CpuTimes here = new CpuTimes(
                get(fields, USER_TIME),
                get(fields, USER_TIME + 1),
                get(fields, USER_TIME + 2),
                get(fields, USER_TIME + 3));
        CpuTimes all = here.plus(shift.more());
        set(fields, USER_TIME, all.user());
        set(fields, USER_TIME + 1, all.system());
        set(fields, USER_TIME + 2, all.childrenUser());
        set(fields, USER_TIME + 3, all.childrenSystem());
        set(fields, START, shift.start());
    }

    private static byte[] change(byte[] stat, Consumer<String[]> change) {
        String line = new String(stat, StandardCharsets.ISO_8859_1);
        int end = line.lastIndexOf(')');
        if (end < 0) {
            return stat;
        }
        String[] fields = line.substring(end + 1).strip().split(" ");
        change.accept(fields);
        return (line.substring(0, end + 1) + " " + String.join(" ", fields) + "\n")
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Field numbers as in the manual page: the state, behind the name, is number 3. */
    private static long get(String[] fields, int number) {
        return number - 3 < fields.length ? Long.parseLong(fields[number - 3]) : 0;
    }

    private static void set(String[] fields, int number, long value) {
        if (number - 3 < fields.length) {
            fields[number - 3] = Long.toString(value);
        }
    }

    private static long tty(long device, NodeId owner) {
        long major = (device >> 8) & 0xfff;
        long minor = (device & 0xff) | (device >> 12 & 0xfff00);
        if (major != PTS_MAJOR || minor >= PTS_LIMIT) {
            return device;
        }
        long unique = minor + (long) owner.value() * PTS_LIMIT;
        return (unique & 0xff) | (major << 8) | ((unique & ~0xffL) << 12);
    }

    /** The kernel shows addresses and the exit code only to those who may trace the process. */
    private static void hide(String[] fields) {
        int[] hidden = {26, 27, 28, 29, 30, 35, 45, 46, 47, 48, 49, 50, 51, 52};
        for (int number : hidden) {
            set(fields, number, number == 26 || number == 27 ? 1 : 0);
        }
    }
}
