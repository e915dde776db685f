package org.linuxssi.bench.peers;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.stream.DoubleStream;

/** What was measured of one product in all rounds, in nanoseconds. */
final class Figures {

    private final Map<Row, double[]> all = new EnumMap<>(Row.class);
    private int failures;

    void add(Map<Row, double[]> round) {
        round.forEach((row, nanos) -> all.merge(row, nanos, Figures::join));
    }

    private static double[] join(double[] one, double[] other) {
        return DoubleStream.concat(Arrays.stream(one), Arrays.stream(other))
                .sorted()
                .toArray();
    }

    void failed() {
        failures++;
    }

    int failures() {
        return failures;
    }

    boolean measured() {
        return !all.isEmpty();
    }

    /** Returns how many times a row was measured. */
    int count(Row row) {
        return all.getOrDefault(row, new double[0]).length;
    }

    /** Returns the nanoseconds that so many of a hundred operations do not exceed; a row that was not measured has none. */
    double percentile(Row row, int percent) {
        double[] nanos = all.getOrDefault(row, new double[0]).clone();
        Arrays.sort(nanos);
        return nanos.length == 0 ? Double.NaN : nanos[Math.min(nanos.length - 1, nanos.length * percent / 100)];
    }

    /** Returns the median as a multiple of that of the bare exchange. */
    double multiple(Row row) {
        return percentile(row, 50) / percentile(Row.BARE, 50);
    }
}
