package org.linuxssi.ghost;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.PtraceCall;
import org.linuxssi.linux.PtraceScratch;
import org.linuxssi.linux.Syscalls;
import org.linuxssi.tools.Codec;

/**
 * A timer of timer_create(2).
 *
 * @param id its number in the process
 * @param clock it runs by
 * @param signal that tells of its expirations
 * @param value that comes with the signal
 * @param notification its kind, {@code sigev_notify}
 * @param thread that gets the signal, as the container numbers it; 0 when the process does
 * @param setting a {@code struct itimerspec}: interval and time left, seconds and nanoseconds each
 */
@SuppressWarnings("ArrayRecordComponent") // written and read, never compared
record PosixTimer(int id, int clock, int signal, long value, int notification, int thread, long[] setting) {

    static final int MOST = 1 << 16;
    private static final int WORDS = 4;

    static final Codec<PosixTimer> CODEC = Codec.of(
            (timer, out) -> {
                out.i32(timer.id)
                        .i32(timer.clock)
                        .i32(timer.signal)
                        .i64(timer.value)
                        .i32(timer.notification)
                        .i32(timer.thread);
                ThreadImage.words(timer.setting, out);
            },
            in -> new PosixTimer(
                    in.i32(), in.i32(), in.i32(), in.i64(), in.i32(), in.i32(), ThreadImage.words(WORDS, in)));

    private static final int SIGEVENT = 64;
    private static final int SIGEV_THREAD_ID = 4;
    private static final List<String> NOTIFICATIONS = List.of("signal", "none", "thread");

    /** {@code PR_TIMER_CREATE_RESTORE_IDS} ({@code linux/prctl.h}), from Linux 6.15 on. */
    private static final int PR_TIMER_CREATE_RESTORE_IDS = 77;

    private static final int OFF = 0;
    private static final int ON = 1;
    private static final int GET = 2;

    /** One of {@code /proc/PID/timers}. */
    private static final Pattern TIMER = Pattern.compile(
            "ID: (\\d+)\\nsignal: (\\d+)/(?:0x)?([0-9a-f]+)\\nnotify: (\\w+)/(pid|tid)\\.(\\d+)\\nClockID: (-?\\d+)\\n");

    /** Tells whether this kernel gives timers the numbers that are asked for. */
    static boolean restorable() {
        return Syscalls.call(Nr.PRCTL, PR_TIMER_CREATE_RESTORE_IDS, GET, 0, 0, 0) >= 0;
    }

    /** Tells whether the process has any. */
    static boolean any(int pid) {
        return !ProcFiles.text(pid, "timers").isEmpty();
    }

    /** Takes the timers of a frozen process. Runs on the tracer's thread. */
    static List<PosixTimer> of(int pid, PtraceScratch scratch, PtraceCall call) {
        List<PosixTimer> timers = new ArrayList<>();
        Matcher told = TIMER.matcher(ProcFiles.text(pid, "timers"));
        PtraceScratch.Table table = scratch.table();
        while (told.find()) {
            int id = Integer.parseInt(told.group(1));
            long room = table.room(8 * WORDS);
            table.add(Nr.TIMER_GETTIME, id, room);
            table.run(call);
            table.check(0, "read timer " + id);
            long[] setting = new long[WORDS];
            for (int i = 0; i < WORDS; i++) {
                setting[i] = table.word(room + 8L * i);
            }
            boolean thread = told.group(5).equals("tid");
            int kind = NOTIFICATIONS.indexOf(told.group(4)) | (thread ? SIGEV_THREAD_ID : 0);
            timers.add(new PosixTimer(
                    id,
                    Integer.parseInt(told.group(7)),
                    Integer.parseInt(told.group(2)),
                    Long.parseUnsignedLong(told.group(3), 16),
                    kind,
                    thread ? inside(pid, Integer.parseInt(told.group(6))) : 0,
                    setting));
            table = scratch.table();
        }
        return timers;
    }

    private static int inside(int pid, int thread) {
        return StateReader.containerId(ProcFiles.status(pid + "/task/" + thread), thread);
    }

    /** Makes the timers, not yet running, in a process that has all its threads. */
    static void make(List<PosixTimer> timers, PtraceScratch scratch, PtraceCall call) {
        for (PosixTimer timer : timers) {
            PtraceScratch.Table table = scratch.table();
            int on = table.add(Nr.PRCTL, PR_TIMER_CREATE_RESTORE_IDS, ON, 0, 0, 0);
            long id = table.words(timer.id());
            int made = table.add(Nr.TIMER_CREATE, timer.clock(), table.data(timer.event()), id);
            table.add(Nr.PRCTL, PR_TIMER_CREATE_RESTORE_IDS, OFF, 0, 0, 0);
            table.run(call);
            table.check(on, "have timers numbered as they were");
            table.check(made, "make timer " + timer.id());
        }
    }

    /** Returns a {@code struct sigevent}. */
    private byte[] event() {
        return ByteBuffer.allocate(SIGEVENT)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .putInt(signal)
                .putInt(notification)
                .putInt(thread)
                .array();
    }

    /** Lets timers run on. */
    static void start(List<PosixTimer> timers, PtraceScratch scratch, PtraceCall call) {
        PtraceScratch.Table table = scratch.table();
        for (PosixTimer timer : timers) {
            if (table.full(1)) {
                table.run(call);
                table = scratch.table();
            }
            if (timer.setting[2] != 0 || timer.setting[3] != 0) {
                table.add(Nr.TIMER_SETTIME, timer.id, 0, table.words(timer.setting), 0);
            }
        }
        table.run(call);
    }
}
