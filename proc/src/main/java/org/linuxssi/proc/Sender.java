package org.linuxssi.proc;

import org.linuxssi.linux.Signals;
import org.linuxssi.tools.Codec;

/**
 * Who makes a call that is carried out on another node.
 *
 * @param pid its pid in the cluster
 * @param uid its real user
 * @param effectiveUid its effective user
 * @param session its session
 */
record Sender(int pid, int uid, int effectiveUid, int session) {

    static final Codec<Sender> CODEC = Codec.of(
            (s, out) -> out.i32(s.pid()).i32(s.uid()).i32(s.effectiveUid()).i32(s.session()),
            in -> new Sender(in.i32(), in.i32(), in.i32(), in.i32()));

    static Sender of(Member member) {
        return new Sender(
                member.pid(),
                member.numbers().uid(),
                member.effectiveUid(),
                member.numbers().session());
    }

    /** Tells whether it may send a signal, by the rules of {@code kill(2)}. */
    boolean maySignal(Member target, int signal) {
        int uid = target.numbers().uid();
        return effectiveUid == 0
                || effectiveUid == uid
                || effectiveUid == target.savedUid()
                || this.uid == uid
                || this.uid == target.savedUid()
                || (signal == Signals.SIGCONT && session == target.numbers().session());
    }

    /** Tells whether it may change scheduling and limits, by the rules of {@code setpriority(2)}. */
    boolean mayControl(Member target) {
        return effectiveUid == 0 || effectiveUid == target.numbers().uid() || effectiveUid == target.effectiveUid();
    }
}
