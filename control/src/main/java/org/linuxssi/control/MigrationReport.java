package org.linuxssi.control;

import java.util.List;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.Decoder;
import org.linuxssi.tools.Encoder;
import org.linuxssi.tools.NodeId;

/**
 * How a migration went.
 *
 * @param pid the process
 * @param from where it lived
 * @param to where it lives
 * @param live whether its memory was copied while it ran
 * @param bytes sent over the network
 * @param frozenNanos how long it stood still
 * @param totalNanos from the request to running at the target
 * @param phases in order
 */
public record MigrationReport(
        int pid,
        NodeId from,
        NodeId to,
        boolean live,
        long bytes,
        long frozenNanos,
        long totalNanos,
        List<Phase> phases) {

    static final Codec<MigrationReport> CODEC = Codec.of(MigrationReport::write, MigrationReport::read);

    private static final int NAME = 200;

    /** Copies the list. */
    public MigrationReport {
        phases = List.copyOf(phases);
    }

    /**
     * One phase.
     *
     * @param name what was done
     * @param nanos how long it took
     * @param bytes sent meanwhile
     */
    public record Phase(String name, long nanos, long bytes) {

        static final Codec<Phase> CODEC = Codec.of(
                (phase, out) -> out.text(phase.name).i64(phase.nanos).i64(phase.bytes),
                in -> new Phase(in.text(NAME), in.i64(), in.i64()));
    }

    private static void write(MigrationReport report, Encoder out) {
        out.i32(report.pid).node(report.from).node(report.to).bool(report.live);
        out.i64(report.bytes).i64(report.frozenNanos).i64(report.totalNanos).list(report.phases, Phase.CODEC);
    }

    private static MigrationReport read(Decoder in) {
        return new MigrationReport(
                in.i32(), in.node(), in.node(), in.bool(), in.i64(), in.i64(), in.i64(), in.list(1000, Phase.CODEC));
    }
}
