package org.linuxssi.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Real-time scheduling of threads ({@code sched(7)}). */
public final class RealTime {

    /** {@code SCHED_FIFO} ({@code linux/sched.h}). */
    private static final int FIFO = 1;

    /** {@code SCHED_RESET_ON_FORK}: threads that it starts are ordinary ones. */
    private static final int RESET_ON_FORK = 0x40000000;

    private static final int LOWEST_PRIORITY = 1;

    private RealTime() {}

    /**
     * Lets the calling platform thread run as soon as it can, before all ordinary threads; those that it starts are ordinary.
     * It must not work for long at a time.
     *
     * @return whether it may: CAP_SYS_NICE or RLIMIT_RTPRIO is needed, and a control group that allows it
     */
    public static boolean enter() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment priority = arena.allocateFrom(ValueLayout.JAVA_INT, LOWEST_PRIORITY);
            long result = Syscalls.call(Nr.SCHED_SETSCHEDULER, 0, FIFO | RESET_ON_FORK, priority.address());
            return !Syscalls.failed(result);
        }
    }
}
