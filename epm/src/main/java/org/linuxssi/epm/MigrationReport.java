package org.linuxssi.epm;

import java.time.Duration;
import java.util.List;
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

    /**
     * One step.
     *
     * @param name what was done
     * @param took how long
     */
    public record Phase(String name, Duration took) {
        static final Codec<Phase> CODEC = Codec.of(
                (phase, out) -> out.text(phase.name).i64(phase.took.toNanos()),
                in -> new Phase(in.text(100), Duration.ofNanos(in.i64())));
    }
}
