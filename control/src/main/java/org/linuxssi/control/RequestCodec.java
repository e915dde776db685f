package org.linuxssi.control;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.linuxssi.control.Request.Capabilities;
import org.linuxssi.control.Request.Checkpoint;
import org.linuxssi.control.Request.CheckpointStep;
import org.linuxssi.control.Request.ClusterPoweroff;
import org.linuxssi.control.Request.ClusterReboot;
import org.linuxssi.control.Request.ClusterStart;
import org.linuxssi.control.Request.ClusterStatus;
import org.linuxssi.control.Request.ClusterStop;
import org.linuxssi.control.Request.ClusterWaitStart;
import org.linuxssi.control.Request.Enter;
import org.linuxssi.control.Request.Events;
import org.linuxssi.control.Request.Ipc;
import org.linuxssi.control.Request.IpcKind;
import org.linuxssi.control.Request.Kddm;
import org.linuxssi.control.Request.KddmTopic;
import org.linuxssi.control.Request.Migrate;
import org.linuxssi.control.Request.NodesAdd;
import org.linuxssi.control.Request.NodesDel;
import org.linuxssi.control.Request.NodesStatus;
import org.linuxssi.control.Request.Ps;
import org.linuxssi.control.Request.Restart;
import org.linuxssi.control.Request.Run;
import org.linuxssi.control.Request.RunApplication;
import org.linuxssi.control.Request.Shutdown;
import org.linuxssi.control.Request.Signal;
import org.linuxssi.control.Request.Versions;
import org.linuxssi.control.Request.VersionsTopic;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.DecodeException;
import org.linuxssi.tools.Decoder;
import org.linuxssi.tools.Encoder;
import org.linuxssi.tools.NodeId;

/** The bytes of {@link Request}: a tag, then the fields in order. */
final class RequestCodec {

    /** The most bytes of one argument or environment entry (MAX_ARG_STRLEN, include/uapi/linux/binfmts.h). */
    static final int STRING = 131072;

    /** The most arguments or environment entries. */
    static final int STRINGS = 100_000;

    /** The most bytes of a path (PATH_MAX). */
    static final int PATH = 4096;

    private static final Codec<String> ENTRY = Codec.of((text, out) -> out.text(text), in -> in.text(STRING));
    private static final Codec<Integer> WORD = Codec.of((word, out) -> out.i32(word), Decoder::i32);
    private static final Codec<Integer> STANDARD = Codec.of((number, out) -> out.i8(number), RequestCodec::standard);
    private static final Codec<NodeId> NODE = Codec.of((node, out) -> out.node(node), Decoder::node);
    private static final Codec<Run> RUN = Codec.of(RequestCodec::writeRun, RequestCodec::readRun);

    /** The most descriptors that travel with a request. */
    private static final int DESCRIPTORS = 250;

    private static final int SETS = 4;
    private static final int DESCRIPTION = 4096;
    private static final CheckpointStep[] STEPS = CheckpointStep.values();
    private static final Codec<CheckpointStep> STEP =
            Codec.of((step, out) -> out.constant(step), in -> in.constant(STEPS));
    private static final Codec<Optional<CapabilityChange>> CHANGE = Codec.of(
            (change, out) -> out.optional(change, CapabilityChange.CODEC), in -> in.optional(CapabilityChange.CODEC));
    private static final Codec<Checkpoint> CHECKPOINT = Codec.of(
            (it, out) -> out.i32(it.pid())
                    .bool(it.application())
                    .list(it.steps().stream().sorted().toList(), STEP)
                    .i8(it.signal())
                    .text(it.description())
                    .bool(it.leavesOut())
                    .i32(it.keep()),
            in -> new Checkpoint(
                    in.i32(),
                    in.bool(),
                    EnumSet.copyOf(steps(in)),
                    Input.signal(in),
                    in.text(DESCRIPTION),
                    in.bool(),
                    in.length(Integer.MAX_VALUE)));

    private static final KddmTopic[] TOPICS = KddmTopic.values();
    private static final int SET_NAME = 32;

    private RequestCodec() {}

    static void write(Request request, Encoder out) {
        switch (request) {
            case Run run -> out.i8(0).value(run, RUN);
            case Enter enter -> out.i8(1).i32(enter.pid()).value(enter.program(), RUN);
            case Signal signal -> out.i8(2).i32(signal.pid()).i8(signal.signal());
            case Migrate migrate ->
                out.i8(3).i32(migrate.pid()).node(migrate.node()).bool(migrate.verbose());
            case ClusterStatus() -> out.i8(4);
            case ClusterStart start -> out.i8(5).value(start.nodes(), NodeSelection.CODEC);
            case ClusterStop() -> out.i8(6);
            case ClusterPoweroff() -> out.i8(7);
            case ClusterReboot() -> out.i8(8);
            case ClusterWaitStart() -> out.i8(9);
            case NodesStatus status -> out.i8(10).value(status.nodes(), NodeSelection.CODEC);
            case NodesAdd add -> out.i8(11).value(add.nodes(), NodeSelection.CODEC);
            case NodesDel del -> out.i8(12).value(del.nodes(), NodeSelection.CODEC);
            case Ps ps ->
                out.i8(13).list(ps.pids(), WORD).optional(ps.node(), NODE).optional(ps.uid(), WORD);
            case Events events -> out.i8(14).i32(events.limit()).bool(events.follow());
            case Kddm it ->
                out.i8(15).constant(it.topic()).text(it.set()).i64(it.object()).i32(it.limit());
            case Shutdown shutdown -> out.i8(16).bool(shutdown.drain());
            case RunApplication(Run program, boolean background) ->
                out.i8(17).value(program, RUN).bool(background);
            case Checkpoint it -> out.i8(18).value(it, CHECKPOINT);
            case Restart it ->
                out.i8(19)
                        .i32(it.application())
                        .i32(it.version())
                        .bool(it.foreground())
                        .bool(it.terminal())
                        .bool(it.standsStill())
                        .list(it.files(), WORD);
            case Capabilities(int pid, List<Optional<CapabilityChange>> changes) ->
                out.i8(20).i32(pid).list(changes, CHANGE);
            case Versions(VersionsTopic topic, int application, int version) ->
                out.i8(21).constant(topic).i32(application).i32(version);
            case Ipc(IpcKind kind, int id, boolean restore) ->
                out.i8(22).constant(kind).i32(id).bool(restore);
        }
    }

    static Request read(Decoder in) {
        int tag = in.i8();
        return switch (tag) {
            case 0 -> in.value(RUN);
            case 1 -> new Enter(in.i32(), in.value(RUN));
            case 2 -> new Signal(in.i32(), Input.signal(in));
            case 3 -> new Migrate(in.i32(), in.node(), in.bool());
            case 4 -> new ClusterStatus();
            case 5 -> new ClusterStart(in.value(NodeSelection.CODEC));
            case 6 -> new ClusterStop();
            case 7 -> new ClusterPoweroff();
            case 8 -> new ClusterReboot();
            case 9 -> new ClusterWaitStart();
            case 10 -> new NodesStatus(in.value(NodeSelection.CODEC));
            case 11 -> new NodesAdd(in.value(NodeSelection.CODEC));
            case 12 -> new NodesDel(in.value(NodeSelection.CODEC));
            case 13 -> new Ps(in.list(STRINGS, WORD), in.optional(NODE), in.optional(WORD));
            case 14 -> new Events(in.length(Integer.MAX_VALUE), in.bool());
            case 15 -> new Kddm(in.constant(TOPICS), in.text(SET_NAME), in.i64(), in.length(Integer.MAX_VALUE));
            case 16 -> new Shutdown(in.bool());
            case 17 -> new RunApplication(in.value(RUN), in.bool());
            case 18 -> in.value(CHECKPOINT);
            case 19 -> new Restart(in.i32(), in.i32(), in.bool(), in.bool(), in.bool(), in.list(DESCRIPTORS, WORD));
            case 20 -> new Capabilities(in.i32(), in.list(SETS, CHANGE));
            case 21 -> new Versions(in.constant(VersionsTopic.values()), in.i32(), in.i32());
            case 22 -> new Ipc(in.constant(IpcKind.values()), in.length(Integer.MAX_VALUE), in.bool());
            default -> throw new DecodeException(in.position() - 1, tag + " is no request");
        };
    }

    private static List<CheckpointStep> steps(Decoder in) {
        long at = in.position();
        List<CheckpointStep> steps = in.list(STEPS.length, STEP);
        if (steps.isEmpty()) {
            throw new DecodeException(at, "no step of a checkpoint");
        }
        return steps;
    }

    private static void writeRun(Run run, Encoder out) {
        out.list(run.arguments(), ENTRY)
                .list(run.environment(), ENTRY)
                .text(run.directory())
                .i16(run.umask())
                .optional(run.node(), NODE)
                .bool(run.terminal())
                .value(run.window(), WindowSize.CODEC)
                .list(run.closed().stream().sorted().toList(), STANDARD);
    }

    private static Run readRun(Decoder in) {
        long at = in.position();
        List<String> arguments = in.list(STRINGS, ENTRY);
        if (arguments.isEmpty()) {
            throw new DecodeException(at, "no program to run");
        }
        List<String> environment = in.list(STRINGS, ENTRY);
        String directory = in.text(PATH);
        int umask = in.i16();
        if (!directory.startsWith("/") || umask > 0777) {
            throw new DecodeException(
                    in.position(), "directory '" + directory + "' or umask " + umask + " is out of range");
        }
        return new Run(
                arguments,
                environment,
                directory,
                umask,
                in.optional(NODE),
                in.bool(),
                in.value(WindowSize.CODEC),
                Set.copyOf(in.list(3, STANDARD)));
    }

    private static int standard(Decoder in) {
        int number = in.i8();
        if (number > 2) {
            throw new DecodeException(in.position() - 1, number + " is no standard descriptor");
        }
        return number;
    }
}
