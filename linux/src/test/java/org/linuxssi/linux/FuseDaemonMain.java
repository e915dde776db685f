package org.linuxssi.linux;

import java.time.Duration;

/** A daemon of its own that serves a connection of its parent and never answers readers of {@code blocked}. */
final class FuseDaemonMain {

    private FuseDaemonMain() {}

    /** Arguments: the pid that keeps the descriptor, its number there. Prints what was negotiated. */
    public static void main(String[] args) {
        long keeper = Syscalls.check("pidfd_open", Syscalls.call(Nr.PIDFD_OPEN, Long.parseLong(args[0]), 0));
        long fd = Syscalls.check("pidfd_getfd", Syscalls.call(Nr.PIDFD_GETFD, keeper, Long.parseLong(args[1]), 0));
        FuseMemoryTree tree = new FuseMemoryTree(false);
        FuseSession session = FuseSession.start(FuseDevice.adopt((int) fd), FuseOptions.storage("first", 2), tree);
        FuseNegotiated agreed = session.awaitReady(Duration.ofSeconds(20));
        System.out.println(agreed.format());
        tree.blockedReader.join();
        System.out.println("reading");
        session.ended().join();
    }
}
