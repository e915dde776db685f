package org.linuxssi.control;

import java.util.List;
import org.linuxssi.control.Reply.CapabilitySets;
import org.linuxssi.control.Reply.Changed;
import org.linuxssi.control.Reply.Checkpointed;
import org.linuxssi.control.Reply.Cluster;
import org.linuxssi.control.Reply.Done;
import org.linuxssi.control.Reply.Event;
import org.linuxssi.control.Reply.Exited;
import org.linuxssi.control.Reply.Failed;
import org.linuxssi.control.Reply.Migrated;
import org.linuxssi.control.Reply.NodeLine;
import org.linuxssi.control.Reply.Nodes;
import org.linuxssi.control.Reply.Processes;
import org.linuxssi.control.Reply.Progress;
import org.linuxssi.control.Reply.Restarted;
import org.linuxssi.control.Reply.Started;
import org.linuxssi.control.Reply.Text;
import org.linuxssi.linux.Errno;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.DecodeException;
import org.linuxssi.tools.Decoder;
import org.linuxssi.tools.Encoder;
import org.linuxssi.tools.NodeId;

/** The bytes of {@link Reply}: a tag, then the fields in order. */
final class ReplyCodec {

    private static final int LINE = 65536;
    private static final int TEXT = 1 << 22;
    private static final int ROWS = 1 << 22;

    private static final Codec<NodeLine> NODE_LINE = Codec.of(
            (line, out) -> out.node(line.node()).constant(line.state()).text(line.address()),
            in -> new NodeLine(in.node(), in.constant(NodeLine.State.values()), in.text(LINE)));

    private static final int LINES = 64;
    private static final Codec<String> TEXT_LINE = Codec.of((line, out) -> out.text(line), in -> in.text(LINE));
    private static final Codec<Integer> WORD = Codec.of((word, out) -> out.i32(word), Decoder::i32);

    private ReplyCodec() {}

    static void write(Reply reply, Encoder out) {
        switch (reply) {
            case Progress progress -> out.i8(0).text(progress.text());
            case Started started -> out.i8(1).i32(started.pid()).node(started.node());
            case Event event ->
                out.i8(2)
                        .i64(event.time())
                        .node(event.node())
                        .text(event.kind())
                        .text(event.text());
            case Done() -> out.i8(3);
            case Exited exited -> out.i8(4).i32(exited.status());
            case Cluster cluster -> out.i8(5).constant(cluster.state()).nodes(cluster.online());
            case Nodes nodes -> out.i8(6).list(nodes.nodes(), NODE_LINE);
            case Changed changed -> out.i8(7).nodes(changed.nodes());
            case Processes processes ->
                out.i8(8).list(processes.rows(), ProcessRow.CODEC).nodes(processes.missing());
            case Migrated migrated -> out.i8(9).value(migrated.report(), MigrationReport.CODEC);
            case Text text -> out.i8(10).text(text.text());
            case Checkpointed it ->
                out.i8(12)
                        .i32(it.application())
                        .i32(it.version())
                        .list(it.lines(), TEXT_LINE)
                        .i32(it.processes())
                        .i64(it.bytes())
                        .i64(it.frozenNanos());
            case Restarted(List<Integer> pids) -> out.i8(13).list(pids, WORD);
            case CapabilitySets it ->
                out.i8(14)
                        .i32(it.permitted())
                        .i32(it.effective())
                        .i32(it.inheritablePermitted())
                        .i32(it.inheritableEffective());
            case Failed failed -> out.i8(11).i32(failed.errno().number()).text(failed.text());
        }
    }

    static Reply read(Decoder in) {
        int tag = in.i8();
        return switch (tag) {
            case 0 -> new Progress(in.text(LINE));
            case 1 -> new Started(in.i32(), in.node());
            case 2 -> new Event(in.i64(), in.node(), in.text(LINE), in.text(LINE));
            case 3 -> new Done();
            case 4 -> new Exited(in.i32());
            case 5 -> new Cluster(in.constant(ClusterState.values()), in.nodes());
            case 6 -> new Nodes(in.list(NodeId.LIMIT, NODE_LINE));
            case 7 -> new Changed(in.nodes());
            case 8 -> new Processes(in.list(ROWS, ProcessRow.CODEC), in.nodes());
            case 9 -> new Migrated(in.value(MigrationReport.CODEC));
            case 10 -> new Text(in.text(TEXT));
            case 11 -> new Failed(errno(in), in.text(LINE));
            case 12 -> new Checkpointed(in.i32(), in.i32(), in.list(LINES, TEXT_LINE), in.i32(), in.i64(), in.i64());
            case 13 -> new Restarted(in.list(ROWS, WORD));
            case 14 -> new CapabilitySets(in.i32(), in.i32(), in.i32(), in.i32());
            default -> throw new DecodeException(in.position() - 1, tag + " is no reply");
        };
    }

    private static Errno errno(Decoder in) {
        int number = in.i32();
        try {
            return Errno.of(number);
        } catch (IllegalArgumentException problem) {
            throw new DecodeException(in.position() - 4, String.valueOf(problem.getMessage()));
        }
    }
}
