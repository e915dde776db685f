package org.linuxssi.ghost;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import org.linuxssi.ghost.spi.OpenFile;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.PtraceScratch;
import org.linuxssi.linux.Syscalls;
import org.linuxssi.tools.Codec;

/**
 * Who gets which signal when an open file becomes ready (O_ASYNC, {@code fcntl(2)}).
 *
 * @param descriptor that stands for the open file
 * @param flags of the open file, O_ASYNC among them
 * @param kind F_OWNER_TID, F_OWNER_PID or F_OWNER_PGRP
 * @param owner number of the thread, process or group in the cluster; 0 for nobody
 * @param signal 0 for SIGIO
 */
record Notice(int descriptor, int flags, int kind, int owner, int signal) {

    /** The flag of open(2). */
    static final int O_ASYNC = 020000;

    private static final int F_SETFL = 4;
    private static final int F_SETSIG = 10;
    private static final int F_GETSIG = 11;
    private static final int F_SETOWN_EX = 15;
    private static final int F_GETOWN_EX = 16;
    private static final int F_OWNER_PGRP = 2;
    private static final int LIMIT = 1 << 20;
    private static final int SIGNALS = 64;

    /** The calls of one. */
    static final int CALLS = 3;

    static final Codec<Notice> CODEC = Codec.of(
            (it, out) -> out.i32(it.descriptor)
                    .i32(it.flags)
                    .i32(it.kind)
                    .i32(it.owner)
                    .i32(it.signal),
            in -> new Notice(in.length(LIMIT), in.i32(), in.length(F_OWNER_PGRP), in.i32(), in.length(SIGNALS)));

    static boolean wanted(OpenFile file) {
        return (file.flags() & O_ASYNC) != 0;
    }

    /**
     * Returns what the kernel knows.
     *
     * @param duplicate a descriptor of our own for the file
     */
    static Notice of(OpenFile file, int duplicate) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment owner = arena.allocate(8, 4);
            Syscalls.check(
                    "F_GETOWN_EX of fd " + file.fd(), Syscalls.call(Nr.FCNTL, duplicate, F_GETOWN_EX, owner.address()));
            int kind = owner.get(ValueLayout.JAVA_INT, 0);
            int host = owner.get(ValueLayout.JAVA_INT, 4);
            int signal = (int) Syscalls.call(Nr.FCNTL, duplicate, F_GETSIG);
            return new Notice(file.fd(), file.flags(), kind, number(file.pid(), kind, host), signal);
        }
    }

    private static int number(int pid, int kind, int host) {
        if (host == 0) {
            return 0;
        }
        try {
            if (kind == F_OWNER_PGRP) {
                Map<String, String> status = ProcFiles.status(Integer.toString(pid));
                String[] groups = status.getOrDefault("NSpgid", "").split("\t");
                if (groups[0].equals(Integer.toString(host))) {
                    return Integer.parseInt(groups[groups.length - 1]);
                }
            }
            return Integer.parseInt(Surroundings.inside(host));
        } catch (ErrnoException gone) {
            return 0;
        }
    }

    /** Has the process that has the descriptor say so again; an owner that has ended gets nothing. */
    void add(PtraceScratch.Table table) {
        if (owner != 0) {
            table.add(Nr.FCNTL, descriptor, F_SETOWN_EX, table.words(kind | (long) owner << 32));
        }
        table.add(Nr.FCNTL, descriptor, F_SETSIG, signal);
        table.add(Nr.FCNTL, descriptor, F_SETFL, flags);
    }
}
