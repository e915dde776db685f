package org.linuxssi.rpc;

/**
 * Tells whether a write will not block.
 *
 * <p>Overview. Threads that read a connection also answer on it; if they blocked in a write while the peer's reader does the
 * same, both would wait for ever. So each frame carries what its sender has received so far, and a thread writes by itself
 * only while what the peer has not confirmed surely fits into the kernel's buffers; all else goes to the connection's
 * writer. The cost of a frame is its length and an allowance for the kernel's own overhead.
 */
final class SendWindow {

    private static final int LIMIT = 128 << 10;
    private static final int OVERHEAD = 1024;

    private int sent;
    private volatile int confirmed;
    private volatile int received;

    private static int cost(int length) {
        return length + OVERHEAD;
    }

    /** Called by the one that writes. */
    boolean fits(int length) {
        return sent - confirmed + cost(length) <= LIMIT;
    }

    /** Called by the one that writes; returns what to put into the frame. */
    int sending(int length) {
        sent += cost(length);
        return received;
    }

    /** Called by the reader. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // there is one reader
    void received(int length, int acknowledged) {
        received += cost(length);
        confirmed = acknowledged;
    }
}
