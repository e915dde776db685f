package org.linuxssi.stream;

/**
 * Asks the anchor for bytes when programs wait for some, and gives back what nobody reads. Used for a stand-in whose
 * original others can read too: nothing may be taken from them that is not wanted here. Confined to the loop's thread.
 */
final class Demand {

    private static final long MILLI = 1_000_000;

    /** After this time without a reader unread bytes go back. */
    private static final long UNREAD = 50 * MILLI;

    /** The same when a reader seems to be on its way, on a loaded machine. */
    private static final long UNREAD_BUSY = 1_000 * MILLI;

    /** Who waits again within this time gets more at once. */
    private static final long AGAIN = 20 * MILLI;

    private static final long FIRST_OFFER = 100 * MILLI;
    private static final long RAREST_OFFER = 1_000 * MILLI;
    private static final long MOST = 4096;

    /** What it speaks for. */
    interface User {

        /** Returns the number of bytes that are here and not read. */
        long unread();

        /** All bytes that had come were read. */
        void consumed();

        /** Asks the anchor for as many bytes for this reader, 0 for none. */
        void want(long bytes, Wish.Reader reader);

        /** Gives all unread bytes back to the anchor, unless somebody is just leaving with them. */
        void giveBack();
    }

    private final User user;
    private final boolean lines;
    private long wanted;
    private Wish.Reader reader = Wish.Reader.ANYBODY;
    private long unread;
    private long since;
    private long arrived;
    private boolean fresh;
    private long emptied;
    private long portion = 1;
    private long offerPause = FIRST_OFFER;
    private long offered;

    /**
     * Speaks for a stand-in.
     *
     * @param lines who polls gets a whole line at once, as of a terminal
     */
    Demand(User user, boolean lines) {
        this.user = user;
        this.lines = lines;
    }

    /** Bytes have come, which ends what was asked for. */
    void arrived(long now) {
        wanted = 0;
        arrived = now;
        since = now;
        fresh = true;
    }

    /** The anchor may have forgotten, and who waited before may be about to go. */
    void reset(long now) {
        wanted = 0;
        emptied = now;
    }

    /**
     * Programs want this.
     *
     * @param began when the look at them began: before the last bytes were read, or all was {@link #reset}, it tells nothing
     *     of the next
     */
    void looked(Wish wish, long began, long now) {
        long there = user.unread();
        if (there > 0) {
            keepOrGiveBack(there, wish, now);
            return;
        }
        if (fresh) {
            consumed(now);
            user.consumed();
        }
        if (began < emptied) {
            return;
        }
        long amount = amount(wish, now);
        boolean another = amount > 0 && !wish.reader().equals(reader);
        if ((amount > 0) != (wanted > 0) || another) {
            wanted = amount;
            reader = wish.reader();
            user.want(amount, reader);
        }
    }

    private void keepOrGiveBack(long there, Wish wish, long now) {
        if (there != unread) {
            unread = there;
            since = now;
        }
        if (now - since > (wish.waits() || wish.busy() ? UNREAD_BUSY : UNREAD)) {
            user.giveBack();
            unread = 0;
            fresh = false;
            portion = 1;
            offerPause = Math.min(offerPause * 2, RAREST_OFFER);
        }
    }

    private void consumed(long now) {
        fresh = false;
        unread = 0;
        emptied = now;
        portion = now - arrived < AGAIN ? Math.min(portion * 2, MOST) : 1;
        offerPause = FIRST_OFFER;
        offered = now - FIRST_OFFER;
    }

    private long amount(Wish wish, long now) {
        if (wish.bytes() > 0) {
            return wish.bytes();
        }
        if (wish.polled()) {
            return lines ? MOST : portion;
        }
        if (wish.tries() && (wanted > 0 || now - offered >= offerPause)) {
            offered = now;
            return portion;
        }
        return 0;
    }
}
