package org.linuxssi.kddm;

import java.util.concurrent.atomic.LongAdder;

/** The counters of a set on one node; counting takes no lock. */
final class Counting {

    final LongAdder hits = new LongAdder();
    final LongAdder misses = new LongAdder();
    final LongAdder gets = new LongAdder();
    final LongAdder grabs = new LongAdder();
    final LongAdder invalidations = new LongAdder();
    final LongAdder evictions = new LongAdder();
    final LongAdder injections = new LongAdder();
    final LongAdder rehomed = new LongAdder();
    final LongAdder lost = new LongAdder();

    SetCounters sum() {
        return new SetCounters(
                hits.sum(),
                misses.sum(),
                gets.sum(),
                grabs.sum(),
                invalidations.sum(),
                evictions.sum(),
                injections.sum(),
                rehomed.sum(),
                lost.sum());
    }
}
