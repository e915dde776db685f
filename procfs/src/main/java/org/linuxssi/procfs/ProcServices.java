package org.linuxssi.procfs;

import java.util.ArrayList;
import java.util.List;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.rpc.Service;
import org.linuxssi.tools.Codec;

/** What nodes ask each other for {@code /proc}; ids 300 to 319. */
final class ProcServices {

    /** Longest file that is carried over. */
    static final int FILE_LIMIT = 8 << 20;

    private static final int NAME_LIMIT = 4096;
    private static final int PROCESSES = 1 << 16;
    private static final int LISTING = 1 << 20;

    private static final Codec<Integer> PID = Codec.of((pid, out) -> out.i32(pid), in -> in.i32());

    private static final Codec<Reply> REPLY = Codec.of(
            (reply, out) -> out.i32(reply.errno).bytes(reply.data).list(reply.names, Listed.CODEC),
            in -> new Reply(in.i32(), in.bytes(FILE_LIMIT), in.list(LISTING, Listed.CODEC)));

    /** A file of the node itself, as {@code meminfo}. */
    static final Service<String, Reply> NODE_FILE = Service.of(
            300,
            "proc-node-file",
            Codec.of((name, out) -> out.text(name), in -> in.text(NAME_LIMIT)),
            REPLY,
            Service.Dispatch.BLOCKING);

    /** The batch of all processes of the node, of the pids named, or with a negative number of all pids above -N. */
    static final Service<List<Integer>, Batch> BATCH = Service.of(
            301,
            "proc-batch",
            Codec.of((pids, out) -> out.list(pids, PID), in -> in.list(PROCESSES, PID)),
            Codec.of(
                    (batch, out) -> out.i64(batch.uptime).bool(batch.more).list(batch.processes, ProcessEntry.CODEC),
                    in -> new Batch(in.i64(), in.bool(), in.list(PROCESSES, ProcessEntry.CODEC))),
            Service.Dispatch.BLOCKING);

    /** Anything else about one process. */
    static final Service<Question, Reply> PROCESS = Service.of(
            302,
            "proc-process",
            Codec.of(
                    (question, out) -> out.constant(question.action)
                            .i32(question.pid)
                            .text(question.path)
                            .i32(question.uid)
                            .bytes(question.data),
                    in -> new Question(
                            in.constant(Action.values()),
                            in.i32(),
                            in.text(NAME_LIMIT),
                            in.i32(),
                            in.bytes(NAME_LIMIT))),
            REPLY,
            Service.Dispatch.BLOCKING);

    private ProcServices() {}

    /**
     * Processes of a node.
     *
     * @param uptime of the node in hundredths of a second, when the files were read
     * @param more whether a message has no room for the rest, which has higher pids
     * @param processes those that still exist, by pid
     */
    record Batch(long uptime, boolean more, List<ProcessEntry> processes) {

        /** Returns the request for what is still missing. */
        List<Integer> rest() {
            return List.of(-processes.getLast().pid());
        }

        /** Returns this and what came later. */
        Batch plus(Batch later) {
            List<ProcessEntry> all = new ArrayList<>(processes);
            all.addAll(later.processes);
            return new Batch(uptime, later.more, all);
        }
    }

    /** What to do with a file of a process. */
    enum Action {
        /** Return its contents. */
        READ,
        /** Return the text of a link. */
        LINK,
        /** Return the names in a directory. */
        LIST,
        /** Write data. */
        WRITE
    }

    /**
     * A question about one process.
     *
     * @param path below its directory, as {@code task/17/io}
     * @param uid who asks
     * @param data what to write
     */
    @SuppressWarnings("ArrayRecordComponent") // carried, never compared
    record Question(Action action, int pid, String path, int uid, byte[] data) {

        static Question of(Action action, int pid, String path, int uid) {
            return new Question(action, pid, path, uid, new byte[0]);
        }
    }

    /**
     * A name in a listing.
     *
     * @param name one char a byte
     * @param type as in directory listings
     */
    record Listed(String name, int type) {
        static final Codec<Listed> CODEC = Codec.of(
                (listed, out) -> out.text(listed.name).i8(listed.type), in -> new Listed(in.text(1024), in.i8()));
    }

    /**
     * An answer.
     *
     * @param errno 0, or why there is none
     * @param data contents, text of a link, or nothing
     * @param names listing
     */
    @SuppressWarnings("ArrayRecordComponent") // carried, never compared
    record Reply(int errno, byte[] data, List<Listed> names) {

        static Reply of(byte[] data) {
            return new Reply(0, data, List.of());
        }

        static Reply of(ErrnoException problem) {
            return new Reply(problem.errno().number(), new byte[0], List.of());
        }

        /** Returns itself when it is an answer, else throws what the other node met. */
        Reply checked(String operation) {
            if (errno != 0) {
                throw new ErrnoException(operation, errno > 0 && errno <= 132 ? Errno.of(errno) : Errno.EIO);
            }
            return this;
        }
    }
}
