package org.linuxssi.epm;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;

/**
 * What a migration cost.
 *
 * @param pid the process
 * @param from the node it left
 * @param to the node it runs on now
 * @param liveBytes bytes of memory copied while it ran
 * @param liveRounds times its memory was looked through while it ran
 * @param frozenBytes bytes of memory copied while it was frozen
 * @param frozen from the stop of its threads at the source until they run at the target
 * @param total from the request's check until all is done
 * @param phases each step in order
 */
public record MigrationReport(
        int pid,
        NodeId from,
        NodeId to,
        long liveBytes,
        int liveRounds,
        long frozenBytes,
        Duration frozen,
        Duration total,
        List<Phase> phases) {

    private static final int PHASES = 64;

    /** Bytes of a report. */
    public static final Codec<MigrationReport> CODEC = Codec.of(
            (report, out) -> out.i32(report.pid)
                    .node(report.from)
                    .node(report.to)
                    .i64(report.liveBytes)
                    .i32(report.liveRounds)
                    .i64(report.frozenBytes)
                    .i64(report.frozen.toNanos())
                    .i64(report.total.toNanos())
                    .list(report.phases, Phase.CODEC),
            in -> new MigrationReport(
                    in.i32(),
                    in.node(),
                    in.node(),
                    in.i64(),
                    in.i32(),
                    in.i64(),
                    Duration.ofNanos(in.i64()),
                    Duration.ofNanos(in.i64()),
                    in.list(PHASES, Phase.CODEC)));

    /** The steps of a migration, in their order; the live copy is left out for small processes. */
    public enum Step {
        /** Looks for what cannot move. */
        CHECK,
        /** Asks the target. */
        OFFER,
        /** Copies memory while the process runs. */
        COPY_LIVE,
        /** Stops its threads. */
        FREEZE,
        /** Copies the rest. */
        COPY_FROZEN,
        /** Waits until the target has built it. */
        BUILD,
        /** Lets it run at the target. */
        COMMIT,
        /** Puts a proxy in its place. */
        REPLACE;

        /** Returns the word for people. */
        public String label() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }

    /**
     * One step that was done.
     *
     * @param step which
     * @param took how long
     */
    public record Phase(Step step, Duration took) {
        static final Codec<Phase> CODEC = Codec.of(
                (phase, out) -> out.constant(phase.step).i64(phase.took.toNanos()),
                in -> new Phase(in.constant(Step.values()), Duration.ofNanos(in.i64())));
    }

    /** Returns the bytes of memory that were copied in a step. */
    public long bytes(Step step) {
        return switch (step) {
            case COPY_LIVE -> liveBytes;
            case COPY_FROZEN -> frozenBytes;
            case CHECK, OFFER, FREEZE, BUILD, COMMIT, REPLACE -> 0;
        };
    }
}
