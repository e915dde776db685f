package org.linuxssi.control;

import java.util.List;
import org.linuxssi.linux.Errno;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/** What the daemon answers: {@link Passing} ones while it works, then one {@link Last}. */
public sealed interface Reply {

    /** The bytes of a reply. */
    Codec<Reply> CODEC = Codec.of(ReplyCodec::write, ReplyCodec::read);

    /** A reply after which others come. */
    sealed interface Passing extends Reply {}

    /** The reply that ends a request. */
    sealed interface Last extends Reply {}

    /** A line for the user about what is being done. */
    record Progress(String text) implements Passing {}

    /**
     * The program runs; the terminal's master comes with it as descriptor when one was asked for.
     *
     * @param pid its pid, unique in the cluster
     * @param node where it runs
     */
    record Started(int pid, NodeId node) implements Passing {}

    /**
     * Something that happened.
     *
     * @param time milliseconds since 1970
     * @param node where
     * @param kind one word, for example {@code view}, {@code migration}, {@code failure}
     * @param text one line
     */
    record Event(long time, NodeId node, String kind, String text) implements Passing {}

    /** The request was carried out. */
    record Done() implements Last {}

    /**
     * The program ended.
     *
     * @param status as wait(2) has it: exit code in bits 8 to 15, or signal in bits 0 to 6
     */
    record Exited(int status) implements Last {

        /** Returns the shell's form: the exit code, or 128 and the signal. */
        public int code() {
            int signal = status & 0x7f;
            return signal == 0 ? status >> 8 & 0xff : 128 + signal;
        }
    }

    /**
     * Whether the cluster is up.
     *
     * @param state the state
     * @param online the nodes in it
     */
    record Cluster(ClusterState state, NodeSet online) implements Last {}

    /** The states of nodes, in ascending order. */
    record Nodes(List<NodeLine> nodes) implements Last {

        /** Copies the list. */
        public Nodes {
            nodes = List.copyOf(nodes);
        }
    }

    /**
     * One node.
     *
     * @param node its id
     * @param state its state
     * @param address where its daemon listens, empty when unknown
     */
    record NodeLine(NodeId node, State state, String address) {

        /** The states of a node (D2.2.9 §3.4), lower-cased in the output. */
        public enum State {
            /** Is being made a member. */
            POSSIBLE,
            /** Its daemon is there, it is no member of the running cluster. */
            PRESENT,
            /** A member of the running cluster. */
            ONLINE,
            /** Not reached, or never seen. */
            OFFLINE
        }
    }

    /** The nodes that were added or removed. */
    record Changed(NodeSet nodes) implements Last {}

    /**
     * Processes, by pid.
     *
     * @param rows a row for each
     * @param missing nodes that did not answer: their processes are not listed
     */
    record Processes(List<ProcessRow> rows, NodeSet missing) implements Last {

        /** Makes the reply of nodes that all have answered. */
        public Processes(List<ProcessRow> rows) {
            this(rows, NodeSet.EMPTY);
        }

        /** Copies the list. */
        public Processes {
            rows = List.copyOf(rows);
        }
    }

    /** A process has moved. */
    record Migrated(MigrationReport report) implements Last {}

    /** Lines for the user. */
    record Text(String text) implements Last {}

    /**
     * What was done with an application.
     *
     * @param application its number
     * @param version the one that was written, 0 when none was
     * @param lines about the version, for the user
     * @param processes how many it has
     * @param bytes of memory written
     * @param frozenNanos how long it stood still, 0 when it does still or did before
     */
    record Checkpointed(int application, int version, List<String> lines, int processes, long bytes, long frozenNanos)
            implements Last {

        /** Copies the list. */
        public Checkpointed {
            lines = List.copyOf(lines);
        }
    }

    /** The processes of an application that was started again, parents before their children. */
    record Restarted(List<Integer> pids) implements Passing {

        /** Copies the list. */
        public Restarted {
            pids = List.copyOf(pids);
        }
    }

    /** The capabilities of a process, a bit each. */
    record CapabilitySets(int permitted, int effective, int inheritablePermitted, int inheritableEffective)
            implements Last {}

    /**
     * The request failed.
     *
     * @param errno the kind
     * @param text operation, object, cause, next step; without the errno's name
     */
    record Failed(Errno errno, String text) implements Last {}
}
