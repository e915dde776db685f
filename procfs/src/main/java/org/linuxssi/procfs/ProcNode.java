package org.linuxssi.procfs;

import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.FuseAbi;

/**
 * What a FUSE node id stands for: the id holds all of it, so that nothing need be remembered, not even by a new daemon.
 *
 * <p>Bits: kind 60-63, node 52-59, pid 30-51, sub 8-29, item 0-7; id 1 is the root.
 *
 * @param kind what it is
 * @param node a node, 0 where none is meant
 * @param pid a process, 0 where none is meant
 * @param sub a thread or descriptor; for names the upper part of a hash
 * @param item index of a name in the table of its kind
 */
record ProcNode(Kind kind, int node, int pid, int sub, int item) {

    /** Kinds of nodes; the order is part of the ids. */
    enum Kind {
        /** The root directory. */
        ROOT,
        /** A name of the real procfs, a symbolic link; the other numbers are a hash of it. */
        STATIC,
        /** {@code self} for the process pid. */
        SELF,
        /** {@code thread-self} for the thread sub of the process pid. */
        THREAD_SELF,
        /** A process of this node, a symbolic link into the real procfs. */
        LOCAL_PID,
        /** Directory of a process of another node. */
        PID_DIR,
        /** Directory {@code task/sub} of a process of another node. */
        TASK_DIR,
        /** A file, link or directory of the table in the directory of a process. */
        PID_ITEM,
        /** The same in the directory of a thread. */
        TASK_ITEM,
        /** A name in the listed directory item ({@code fd}, {@code fdinfo}) of a process. */
        LISTED,
        /** A file that is the sum over all nodes. */
        AGGREGATE,
        /** The directory {@code nodes}; node + 1 in sub for one of its directories, item + 1 for the files in them. */
        NODES,
        /** {@code nodes/self}. */
        NODES_SELF,
        /** Something in a directory of extensions; the other numbers are a hash of its path. */
        EXTENSION,
        /** The directory on which the real procfs is mounted. */
        HIDDEN,
        /**
         * Directory of a process of this node that came from another one, or with item 1 a name in it; sub is a hash of the
         * name.
         */
        OWN;

        /** Returns the number in node ids. */
        @SuppressWarnings("EnumOrdinal") // the order is kept
        int code() {
            return ordinal();
        }

        /** Tells whether it stands for something of this node, that is answered at once. */
        boolean isOwn() {
            return this == ROOT
                    || this == STATIC
                    || this == SELF
                    || this == THREAD_SELF
                    || this == LOCAL_PID
                    || this == OWN;
        }
    }

    private static final Kind[] KINDS = Kind.values();
    private static final long HASH_MASK = (1L << 60) - 1;

    static final ProcNode ROOT = new ProcNode(Kind.ROOT, 0, 0, 0, 0);

    static ProcNode of(Kind kind, int pid, int sub, int item) {
        return new ProcNode(kind, 0, pid, sub, item);
    }

    /** Returns the node of a name that has a hash. */
    static ProcNode named(Kind kind, String name) {
        long hash = 0xcbf29ce484222325L;
        for (int i = 0; i < name.length(); i++) {
            hash = (hash ^ name.charAt(i)) * 0x100000001b3L;
        }
        return ofId((long) kind.code() << 60 | ((hash ^ (hash >>> 60)) & HASH_MASK));
    }

    /**
     * Returns what the id stands for.
     *
     * @throws ErrnoException ESTALE when we never gave it
     */
    static ProcNode ofId(long id) {
        if (id == FuseAbi.ROOT) {
            return ROOT;
        }
        int kind = (int) (id >>> 60);
        if (kind == 0 || kind >= KINDS.length) {
            throw new ErrnoException("find node " + id + " of /proc", Errno.ESTALE);
        }
        return new ProcNode(
                KINDS[kind],
                (int) (id >>> 52) & 0xff,
                (int) (id >>> 30) & 0x3fffff,
                (int) (id >>> 8) & 0x3fffff,
                (int) id & 0xff);
    }

    long id() {
        if (kind == Kind.ROOT) {
            return FuseAbi.ROOT;
        }
        return (long) kind.code() << 60 | (long) node << 52 | (long) pid << 30 | (long) sub << 8 | item;
    }
}
