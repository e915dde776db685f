package org.linuxssi.stream;

/**
 * What the programs that hold a stand-in want to read from it now.
 *
 * @param bytes the most that one read takes which waits; 0 when none waits
 * @param polled somebody waits until there is something to read
 * @param busy a thread of a holder runs, and may be about to read
 * @param tries a holder reads without waiting, so it cannot be seen when it wants something
 */
record Wish(long bytes, boolean polled, boolean busy, boolean tries) {

    /** Nobody wants anything. */
    static final Wish NOTHING = new Wish(0, false, false, false);

    /** Tells whether somebody waits. */
    boolean waits() {
        return bytes > 0 || polled;
    }

    /** Returns what both want. */
    Wish and(Wish other) {
        return new Wish(Math.max(bytes, other.bytes), polled || other.polled, busy || other.busy, tries || other.tries);
    }
}
