package org.linuxssi.linux;

import java.lang.foreign.Arena;
import java.util.List;

/** Fills a set of epoll(7) with files under the numbers that another process knows them by. */
public final class EpollSet {

    private static final int CLONE_FILES = 0x400;
    private static final int ADD = 1;
    private static final int F_DUPFD = 0;

    private EpollSet() {}

    /**
     * A file to be watched. Never compared: so an array is good enough.
     *
     * @param descriptor of ours
     * @param number of the descriptor that the set has it by
     * @param event the {@code struct epoll_event}
     */
    @SuppressWarnings("ArrayRecordComponent")
    public record Member(int descriptor, int number, byte[] event) {}

    /** Adds them, on a thread with descriptors of its own. */
    public static void add(int set, List<Member> members) {
        OwnThread.call("fill a set of epoll", () -> {
            Syscalls.check("unshare descriptors", Syscalls.call(Nr.UNSHARE, CLONE_FILES));
            int base = members.stream().mapToInt(Member::number).max().orElse(0) + 1;
            long high = duplicate(set, base);
            List<Long> files = members.stream()
                    .map(member -> duplicate(member.descriptor(), base))
                    .toList();
            try (Arena arena = Arena.ofConfined()) {
                for (int i = 0; i < files.size(); i++) {
                    Member member = members.get(i);
                    Syscalls.check("dup3", Syscalls.call(Nr.DUP3, files.get(i), member.number(), 0));
                    Syscalls.check(
                            "watch descriptor " + member.number(),
                            Syscalls.call(
                                    Nr.EPOLL_CTL,
                                    high,
                                    ADD,
                                    member.number(),
                                    Syscalls.bytes(arena, member.event()).address()));
                }
            }
            return true;
        });
    }

    private static long duplicate(int descriptor, int base) {
        return Syscalls.check("duplicate descriptor " + descriptor, Syscalls.call(Nr.FCNTL, descriptor, F_DUPFD, base));
    }
}
