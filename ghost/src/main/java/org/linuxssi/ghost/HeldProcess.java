package org.linuxssi.ghost;

import java.time.Duration;
import java.util.List;
import org.linuxssi.linux.AgentImage;
import org.linuxssi.linux.ProcessIdentity;
import org.linuxssi.linux.PtraceProcess;
import org.linuxssi.linux.PtraceProcess.Parked;
import org.linuxssi.linux.PtraceRegisters;
import org.linuxssi.linux.PtraceThread;
import org.linuxssi.tools.Codec;

/**
 * A process that stands still whatever becomes of the daemon that traces it: when that dies, the process makes a notified
 * call, in which it waits for the next daemon to let it go or to end it.
 *
 * @param process in our pid name space
 * @param instruction the system call instruction at which it waits
 * @param places where its threads are to go on
 */
public record HeldProcess(ProcessIdentity process, long instruction, List<Parked> places) {

    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final int MOST_THREADS = 1 << 15;

    private static final Codec<Parked> PLACE = Codec.of(
            (place, out) -> {
                out.i32(place.tid());
                for (long word : place.registers().words()) {
                    out.i64(word);
                }
                out.i64(place.mask());
            },
            in -> {
                int tid = in.i32();
                long[] words = new long[PtraceRegisters.WORDS];
                for (int i = 0; i < words.length; i++) {
                    words[i] = in.i64();
                }
                return new Parked(tid, new PtraceRegisters(words), in.i64());
            });

    /** Its form as bytes. */
    public static final Codec<HeldProcess> CODEC = Codec.of(
            (held, out) -> out.i32(held.process.pid())
                    .i64(held.process.start())
                    .i64(held.instruction)
                    .list(held.places, PLACE),
            in -> new HeldProcess(new ProcessIdentity(in.i32(), in.i64()), in.i64(), in.list(MOST_THREADS, PLACE)));

    /** Holds a stopped process. Runs on its tracer's thread. */
    static HeldProcess of(PtraceProcess stopped, long instruction) {
        ProcessIdentity process = ProcessIdentity.of(stopped.pid())
                .orElseThrow(() -> new IllegalStateException("process " + stopped.pid() + " is not there"));
        return new HeldProcess(process, instruction, stopped.park(instruction, AgentImage.CALL, 0, AgentImage.HELD));
    }

    /** Lets it go on, for a daemon that came after the one that held it; does nothing when it is gone or goes on already. */
    public void goOn() {
        if (!process.alive()) {
            return;
        }
        try (PtraceThread tracer = new PtraceThread("let go of " + process.pid())) {
            tracer.run(() -> {
                PtraceProcess stopped = PtraceProcess.freeze(tracer, process.pid(), PATIENCE);
                stopped.unpark(places, instruction, AgentImage.CALL);
                stopped.release();
            });
        }
    }

    /** Ends it. */
    public void end() {
        process.signal(ProcessIdentity.SIGKILL);
    }
}
