package org.linuxssi.proc;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.linuxssi.linux.SignalInfo;
import org.linuxssi.rpc.Service;
import org.linuxssi.rpc.Service.Dispatch;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;

/** The messages between the process tables of nodes; service ids 200 to 299. */
final class ProcServices {

    static final Codec<Codec.Nothing> NONE = Codec.NOTHING;

    static final Codec<Integer> NUMBER = Codec.of((number, out) -> out.i32(number), in -> in.i32());

    private static final Codec<NodeId> NODE = Codec.of((node, out) -> out.node(node), in -> in.node());

    static final Codec<SignalInfo> INFO = Codec.of(
            (info, out) -> {
                byte[] bytes = info.toBytes();
                out.raw(bytes, 0, bytes.length);
            },
            in -> SignalInfo.of(in.raw(SignalInfo.SIZE)));

    /** A signal for a process that hit its proxy. */
    record Forwarded(int pid, SignalInfo info, int hops) {
        static final Codec<Forwarded> CODEC = Codec.of(
                (f, out) -> out.i32(f.pid()).value(f.info(), INFO).i8(f.hops()),
                in -> new Forwarded(in.i32(), in.value(INFO), in.i8()));
    }

    /** A process ended, stopped or went on. */
    record Changed(int pid, int status) {
        static final Codec<Changed> CODEC =
                Codec.of((c, out) -> out.i32(c.pid()).i32(c.status()), in -> new Changed(in.i32(), in.i32()));
    }

    /**
     * A node has a proxy of the process, or no longer.
     *
     * @param hops how many more times it may be passed on or looked at again
     */
    record Held(int pid, boolean held, NodeId holder, int hops) {
        static final Codec<Held> CODEC = Codec.of(
                (h, out) -> out.i32(h.pid()).bool(h.held()).node(h.holder()).i8(h.hops()),
                in -> new Held(in.i32(), in.bool(), in.node(), in.i8()));

        Held further() {
            return new Held(pid, held, holder, hops - 1);
        }
    }

    /** Which processes a signal is for. */
    enum Target {
        /** One process, or the one that a thread belongs to. */
        PROCESS,
        /** One thread. */
        THREAD,
        /** A process group. */
        GROUP,
        /** All that the sender may signal, itself and init excepted. */
        ALL
    }

    /**
     * A signal that a program sends; signal 0 only asks.
     *
     * @param id of the process, thread or group
     * @param process that a thread has to belong to, 0 for any
     * @param onlyHere whether it is for the node that gets it, and not passed on to where the target is
     */
    record Kill(Target target, int id, int process, boolean onlyHere, SignalInfo info, Sender sender) {
        static final Codec<Kill> CODEC = Codec.of(
                (k, out) -> out.constant(k.target())
                        .i32(k.id())
                        .i32(k.process())
                        .bool(k.onlyHere())
                        .value(k.info(), INFO)
                        .value(k.sender(), Sender.CODEC),
                in -> new Kill(
                        in.constant(Target.values()),
                        in.i32(),
                        in.i32(),
                        in.bool(),
                        in.value(INFO),
                        in.value(Sender.CODEC)));

        static Kill process(int pid, SignalInfo info, Sender sender) {
            return new Kill(Target.PROCESS, pid, 0, false, info, sender);
        }

        static Kill thread(int process, int thread, SignalInfo info, Sender sender) {
            return new Kill(Target.THREAD, thread, process, false, info, sender);
        }

        static Kill group(int group, SignalInfo info, Sender sender) {
            return new Kill(Target.GROUP, group, 0, false, info, sender);
        }

        static Kill all(SignalInfo info, Sender sender) {
            return new Kill(Target.ALL, 0, 0, false, info, sender);
        }

        /** Returns the number by which the directory knows where the target is. */
        int address() {
            return process != 0 ? process : id;
        }

        Kill by(Sender other, SignalInfo signed) {
            return new Kill(target, id, process, onlyHere, signed, other);
        }

        Kill here() {
            return new Kill(target, id, process, true, info, sender);
        }
    }

    /** A signal of a terminal to its foreground group. */
    record Terminal(int group, int signal) {
        static final Codec<Terminal> CODEC =
                Codec.of((t, out) -> out.i32(t.group()).i32(t.signal()), in -> new Terminal(in.i32(), in.i32()));
    }

    /**
     * The foreground group of the terminal of a session.
     *
     * @param version counts the changes; given out by the node of the terminal
     */
    record Foreground(int session, int group, long version) {
        static final Codec<Foreground> CODEC = Codec.of(
                (f, out) -> out.i32(f.session()).i32(f.group()).i64(f.version()),
                in -> new Foreground(in.i32(), in.i32(), in.i64()));
    }

    /**
     * A terminal for a session that comes to another node.
     *
     * @param original the node that has it; nothing when the session has none
     * @param ticket of the stream, from that node only
     * @param foreground group now, from that node only
     */
    @SuppressWarnings("ArrayRecordComponent") // a value that is never compared
    record TerminalOffer(Optional<NodeId> original, byte[] ticket, Foreground foreground) {
        private static final int TICKET = 1024;
        private static final Foreground NOBODY = new Foreground(0, 0, 0);

        static final TerminalOffer NONE = new TerminalOffer(Optional.empty(), new byte[0], NOBODY);

        static final Codec<TerminalOffer> CODEC = Codec.of(
                (o, out) -> out.optional(o.original(), NODE).bytes(o.ticket()).value(o.foreground(), Foreground.CODEC),
                in -> new TerminalOffer(in.optional(NODE), in.bytes(TICKET), in.value(Foreground.CODEC)));

        static TerminalOffer at(NodeId node) {
            return new TerminalOffer(Optional.of(node), new byte[0], NOBODY);
        }
    }

    /** A process changes its group or session; its proxies follow. */
    record Regrouped(int pid, int group, int session) {
        static final Codec<Regrouped> CODEC = Codec.of(
                (r, out) -> out.i32(r.pid()).i32(r.group()).i32(r.session()),
                in -> new Regrouped(in.i32(), in.i32(), in.i32()));
    }

    private static final Codec<Byte> BYTE = Codec.of((value, out) -> out.i8(value), in -> (byte) in.i8());

    private static final Codec<Long> WORD = Codec.of((word, out) -> out.i64(word), in -> in.i64());

    /** Most bytes of memory that a remote call reads or writes. */
    static final int MEMORY_LIMIT = 1024;

    /**
     * A system call about a process, made where the process is.
     *
     * @param input the memory that it reads
     * @param room bytes of the memory that it writes
     */
    record RemoteCall(int number, List<Long> arguments, List<Byte> input, int room, Sender sender) {
        static final Codec<RemoteCall> CODEC = Codec.of(
                (c, out) -> out.i32(c.number())
                        .list(c.arguments(), WORD)
                        .list(c.input(), BYTE)
                        .i32(c.room())
                        .value(c.sender(), Sender.CODEC),
                in -> new RemoteCall(
                        in.i32(),
                        in.list(6, WORD),
                        in.list(MEMORY_LIMIT, BYTE),
                        Math.clamp(in.i32(), 0, MEMORY_LIMIT),
                        in.value(Sender.CODEC)));
    }

    /** What a remote call gave: the result and the memory that it wrote. */
    record CallResult(long result, List<Byte> output) {
        static final Codec<CallResult> CODEC = Codec.of(
                (r, out) -> out.i64(r.result()).list(r.output(), BYTE),
                in -> new CallResult(in.i64(), in.list(MEMORY_LIMIT, BYTE)));
    }

    /** Whose priority a call is about. */
    enum Whose {
        /** A process group's. */
        GROUP,
        /** A user's. */
        USER
    }

    /**
     * A call that asks or changes the priority of all threads of a group or user.
     *
     * @param number of the system call
     * @param id of the group or user
     * @param value what to set, 0 when it asks
     */
    record Priority(int number, Whose whose, int id, int value, Sender sender) {
        static final Codec<Priority> CODEC = Codec.of(
                (p, out) -> out.i32(p.number())
                        .constant(p.whose())
                        .i32(p.id())
                        .i32(p.value())
                        .value(p.sender(), Sender.CODEC),
                in -> new Priority(in.i32(), in.constant(Whose.values()), in.i32(), in.i32(), in.value(Sender.CODEC)));
    }

    static List<Byte> boxed(byte[] bytes) {
        List<Byte> list = new ArrayList<>();
        for (byte value : bytes) {
            list.add(value);
        }
        return list;
    }

    static byte[] bytes(List<Byte> list) {
        byte[] bytes = new byte[list.size()];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = list.get(i);
        }
        return bytes;
    }

    static final Service<Forwarded, Codec.Nothing> SIGNAL =
            Service.of(200, "proc.signal", Forwarded.CODEC, NONE, Dispatch.INLINE);
    static final Service<Changed, Codec.Nothing> CHANGED =
            Service.of(201, "proc.changed", Changed.CODEC, NONE, Dispatch.INLINE);
    static final Service<Held, Codec.Nothing> HELD = Service.of(202, "proc.held", Held.CODEC, NONE, Dispatch.INLINE);
    static final Service<Kill, Integer> KILL = Service.of(203, "proc.kill", Kill.CODEC, NUMBER, Dispatch.BLOCKING);
    static final Service<Terminal, Codec.Nothing> TERMINAL =
            Service.of(204, "proc.terminal", Terminal.CODEC, NONE, Dispatch.INLINE);
    static final Service<Integer, Optional<Relations.Numbers>> DESCRIBE = Service.of(
            205,
            "proc.describe",
            NUMBER,
            Codec.of(
                    (numbers, out) -> out.optional(numbers, Relations.Numbers.CODEC),
                    in -> in.optional(Relations.Numbers.CODEC)),
            Dispatch.BLOCKING);
    static final Service<RemoteCall, CallResult> CALL =
            Service.of(206, "proc.call", RemoteCall.CODEC, CallResult.CODEC, Dispatch.BLOCKING);
    static final Service<Regrouped, Integer> REGROUP =
            Service.of(207, "proc.regroup", Regrouped.CODEC, NUMBER, Dispatch.BLOCKING);

    static final Service<Codec.Nothing, Codec.Nothing> ANNOUNCE =
            Service.of(208, "proc.announce", NONE, NONE, Dispatch.INLINE);

    static final Service<Codec.Nothing, CpuNumbering.OfNode> CPUS =
            Service.of(209, "proc.cpus", NONE, CpuNumbering.OfNode.CODEC, Dispatch.BLOCKING);

    private static final int MAX_PIDS = 1 << PidRange.SHIFT;

    /** The processes that the asked node has of those whose home is another. */
    static final Service<NodeId, List<Relations.Numbers>> FOREIGN = Service.of(
            210,
            "proc.foreign",
            NODE,
            Codec.of(
                    (all, out) -> out.list(all, Relations.Numbers.CODEC),
                    in -> in.list(MAX_PIDS, Relations.Numbers.CODEC)),
            Dispatch.BLOCKING);

    static final Service<Priority, Integer> PRIORITY =
            Service.of(211, "proc.priority", Priority.CODEC, NUMBER, Dispatch.BLOCKING);

    static final Service<Integer, TerminalOffer> SESSION_TERMINAL =
            Service.of(212, "proc.session_terminal", NUMBER, TerminalOffer.CODEC, Dispatch.BLOCKING);
    static final Service<Foreground, Foreground> SET_FOREGROUND =
            Service.of(213, "proc.set_foreground", Foreground.CODEC, Foreground.CODEC, Dispatch.BLOCKING);
    static final Service<Foreground, Codec.Nothing> FOREGROUND =
            Service.of(214, "proc.foreground", Foreground.CODEC, NONE, Dispatch.BLOCKING);
    static final Service<Integer, Codec.Nothing> LEAVE_TERMINAL =
            Service.of(215, "proc.leave_terminal", NUMBER, NONE, Dispatch.BLOCKING);

    /** Keeps a number of the home from being given out, for a process that is about to begin elsewhere; an error number, or 0. */
    static final Service<Relations.Numbers, Integer> RESERVE =
            Service.of(216, "proc.reserve", Relations.Numbers.CODEC, NUMBER, Dispatch.BLOCKING);

    /** A process whose number the home keeps runs, or was given up. */
    static final Service<Integer, Codec.Nothing> BUILT = Service.of(217, "proc.built", NUMBER, NONE, Dispatch.INLINE);

    private ProcServices() {}
}
