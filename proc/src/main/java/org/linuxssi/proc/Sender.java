package org.linuxssi.proc;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.Signals;
import org.linuxssi.tools.Codec;

/**
 * Who makes a call that is carried out on another node.
 *
 * @param pid its pid in the cluster
 * @param uid its real user
 * @param effectiveUid its effective user
 * @param gid its real group
 * @param session its session
 * @param capabilities its effective capabilities ({@code linux/capability.h}), none when it is in a user name space of its
 *     own
 */
record Sender(int pid, int uid, int effectiveUid, int gid, int session, long capabilities) {

    private static final int CAP_KILL = 5;
    private static final int CAP_SYS_NICE = 23;

    static final Codec<Sender> CODEC = Codec.of(
            (s, out) -> out.i32(s.pid())
                    .i32(s.uid())
                    .i32(s.effectiveUid())
                    .i32(s.gid())
                    .i32(s.session())
                    .i64(s.capabilities()),
            in -> new Sender(in.i32(), in.i32(), in.i32(), in.i32(), in.i32(), in.i64()));

    /** Somebody outside the container, who has root's capabilities or none. */
    static Sender outside(int uid) {
        return new Sender(0, uid, uid, uid, -1, uid == 0 ? -1 : 0);
    }

    /**
     * Returns the process of a thread of a container.
     *
     * @throws ErrnoException ESRCH when it is gone
     */
    static Sender of(Container container, int hostThread) {
        Map<String, String> status = ProcFiles.status(Integer.toString(hostThread));
        int process = Integer.parseInt(status.getOrDefault("Tgid", "0"));
        Member member = Member.of(container.numbers(), process)
                .orElseThrow(() -> new ErrnoException("read the caller", Errno.ESRCH));
        long capabilities = Long.parseUnsignedLong(status.getOrDefault("CapEff", "0"), 16);
        boolean trusted = capabilities == 0 || userSpace(hostThread).equals(userSpace(container.initPid()));
        return new Sender(
                member.pid(),
                member.numbers().uid(),
                member.effectiveUid(),
                member.numbers().gid(),
                member.numbers().session(),
                trusted ? capabilities : 0);
    }

    private static String userSpace(int hostPid) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/" + hostPid + "/ns/user"))
                    .toString();
        } catch (java.io.IOException _) {
            throw new ErrnoException("read the user name space of " + hostPid, Errno.ESRCH);
        }
    }

    private boolean has(int capability) {
        return (capabilities >>> capability & 1) != 0;
    }

    /** Tells whether it may send a signal, by the rules of {@code kill(2)}. */
    boolean maySignal(Member target, int signal) {
        int owner = target.numbers().uid();
        return has(CAP_KILL)
                || effectiveUid == owner
                || effectiveUid == target.savedUid()
                || uid == owner
                || uid == target.savedUid()
                || (signal == Signals.SIGCONT && session == target.numbers().session());
    }

    /** Tells whether it may bind a process to processors, by the rules of {@code sched_setaffinity(2)}. */
    boolean mayBind(Member target) {
        return has(CAP_SYS_NICE) || effectiveUid == target.numbers().uid() || effectiveUid == target.effectiveUid();
    }
}
