package org.linuxssi.kddm;

import java.util.ArrayList;
import java.util.List;
import org.linuxssi.tools.TimeSource;

/**
 * Fetches the objects after those that somebody on this node reads in the order of their numbers, with the same messages, before they are
 * asked for. Several readers in order disturb each other, which costs speed only.
 */
final class Ahead<T> {

    private final Copies<T> copies;
    private final TimeSource time;
    private final SetSpec<T> spec;
    /** The first object that is being fetched ahead, and the one after the last of them. */
    private volatile long from = Long.MAX_VALUE;

    private volatile long next = Long.MAX_VALUE;

    Ahead(Copies<T> copies, TimeSource time, SetSpec<T> spec) {
        this.copies = copies;
        this.time = time;
        this.spec = spec;
    }

    /** Somebody wants to read an object that is not here. */
    void missed(long object, Outbox out) {
        if (object == Long.MAX_VALUE || (object >= from && object < next)) {
            return;
        }
        long first = object + 1;
        long end = object == next ? first + Math.min(spec.ahead(), Long.MAX_VALUE - first) : first;
        from = first;
        next = end;
        if (first < end) {
            fetch(first, end, out);
        }
    }

    private void fetch(long first, long end, Outbox out) {
        List<Waiter<T>> waiters = new ArrayList<>();
        for (long object = first; object < end; object++) {
            Waiter<T> waiter = new Waiter<>(false, Message.NO_FIRST_TOUCH);
            if (copies.queueIfMissing(object, waiter, out)) {
                waiters.add(giveUpWith(object, waiter));
            }
        }
        time.after(spec.deadline(), () -> waiters.forEach(waiter -> waiter.cancel(false)));
    }

    private Waiter<T> giveUpWith(long object, Waiter<T> waiter) {
        var _ = waiter.whenComplete((hold, failure) -> {
            if (failure != null) {
                copies.gaveUp(object);
            } else {
                hold.ifPresent(Hold::giveBack);
            }
        });
        return waiter;
    }
}
