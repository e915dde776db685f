package org.linuxssi.kddm;

import java.util.Arrays;

/**
 * What one operation took, over and over.
 *
 * @param set the size of the objects and where their directory entries are
 * @param operation what was done
 * @param samples how often; 0 when there are too few nodes for it, then all else is 0 too
 * @param mean in nanoseconds
 * @param median in nanoseconds
 * @param p99 what 99 of 100 stayed below, in nanoseconds
 * @param exchanges the median as a multiple of the median of the bare exchange of as many bytes
 */
public record BenchmarkRow(
        String set, String operation, int samples, double mean, long median, long p99, double exchanges) {

    private static final double HIGH = 0.99;

    static BenchmarkRow none(String set, String operation) {
        return new BenchmarkRow(set, operation, 0, 0, 0, 0, 0);
    }

    /**
     * Sums up.
     *
     * @param nanos what each time took, at least one
     * @param exchange median of the bare exchange; 0 when this is the exchange itself
     */
    static BenchmarkRow of(String set, String operation, long[] nanos, long exchange) {
        long[] sorted = nanos.clone();
        Arrays.sort(sorted);
        long median = sorted[sorted.length / 2];
        return new BenchmarkRow(
                set,
                operation,
                sorted.length,
                Arrays.stream(sorted).average().orElse(0),
                median,
                sorted[(int) (HIGH * (sorted.length - 1))],
                exchange == 0 ? 1 : (double) median / exchange);
    }
}
