package org.linuxssi.bench;

import java.util.concurrent.TimeUnit;
import org.linuxssi.kddm.Hold;
import org.linuxssi.kddm.KddmSet;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.infra.ThreadParams;

/** Holds of objects that are here already: goals are 50 ns for get and put, 80 ns for grab and put, on one thread. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class KddmHitBench {

    private static final long SHARED = 1000;

    /** What one thread works on. */
    @State(Scope.Thread)
    public static class Work {

        private KddmSet<Long> set;
        private long own;

        /** Takes an object of its own, and has it made here. */
        @Setup(Level.Trial)
        public void take(KddmCluster cluster, ThreadParams thread) {
            set = cluster.counters();
            own = thread.getThreadIndex();
            set.grab(own).close();
            set.grab(SHARED).close();
        }

        private long get(long object) {
            try (Hold<Long> hold = set.get(object)) {
                return hold.value();
            }
        }

        private long grab(long object) {
            try (Hold<Long> hold = set.grab(object)) {
                return hold.value();
            }
        }
    }

    /** One thread reads. */
    @Benchmark
    public long getPut(Work work) {
        return work.get(work.own);
    }

    /** One thread writes. */
    @Benchmark
    public long grabPut(Work work) {
        return work.grab(work.own);
    }

    /** Two threads read an object each. */
    @Benchmark
    @Threads(2)
    public long getPutOfTwo(Work work) {
        return work.get(work.own);
    }

    /** Two threads write an object each. */
    @Benchmark
    @Threads(2)
    public long grabPutOfTwo(Work work) {
        return work.grab(work.own);
    }

    /** Two threads read the same object. */
    @Benchmark
    @Threads(2)
    public long getPutOfTwoShared(Work work) {
        return work.get(SHARED);
    }
}
