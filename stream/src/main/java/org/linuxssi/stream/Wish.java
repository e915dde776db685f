package org.linuxssi.stream;

/**
 * What the programs that hold a stand-in want to read from it now.
 *
 * @param bytes the most that one read takes which waits; 0 when none waits
 * @param polled somebody waits until there is something to read
 * @param busy a thread of a holder runs, and may be about to read
 * @param tries a holder reads without waiting, so it cannot be seen when it wants something
 * @param reader who wants it, where that matters
 */
record Wish(long bytes, boolean polled, boolean busy, boolean tries, Reader reader) {

    /** Nobody wants anything. */
    static final Wish NOTHING = new Wish(0, false, false, false, Reader.ANYBODY);

    /**
     * The session and process group of a reader of a terminal, in the numbers of the cluster; 0 where it does not matter.
     */
    record Reader(int session, int group) {
        static final Reader ANYBODY = new Reader(0, 0);
    }

    static Wish running() {
        return new Wish(0, false, true, false, Reader.ANYBODY);
    }

    static Wish trying(Reader reader) {
        return new Wish(0, false, false, true, reader);
    }

    static Wish waiting(long bytes, Reader reader) {
        return new Wish(bytes, bytes == 0, false, false, reader);
    }

    /** Tells whether somebody waits. */
    boolean waits() {
        return bytes > 0 || polled;
    }

    /** Returns what both want. */
    Wish and(Wish other) {
        Reader both = other.waits() || reader.equals(Reader.ANYBODY) ? other.reader : reader;
        return new Wish(
                Math.max(bytes, other.bytes), polled || other.polled, busy || other.busy, tries || other.tries, both);
    }
}
