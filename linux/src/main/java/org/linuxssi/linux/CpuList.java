package org.linuxssi.linux;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/** Lists and masks of processors as sysfs writes them ({@code lib/bitmap.c}). */
public final class CpuList {

    private static final int LIMIT = 1 << 20;
    private static final int WORD = 32;

    private CpuList() {}

    /** Reads a list such as {@code 0-3,8}. */
    public static SortedSet<Integer> parse(String list) {
        SortedSet<Integer> cpus = new TreeSet<>();
        for (String part : list.strip().split(",")) {
            if (!part.isEmpty()) {
                String[] ends = part.split("-");
                int last = Integer.parseInt(ends[ends.length - 1]);
                for (int cpu = Integer.parseInt(ends[0]); cpu <= Math.min(last, LIMIT); cpu++) {
                    cpus.add(cpu);
                }
            }
        }
        return cpus;
    }

    /** Writes such a list. */
    public static String format(SortedSet<Integer> cpus) {
        List<String> parts = new ArrayList<>();
        int first = -1;
        for (int cpu : cpus) {
            if (first < 0) {
                first = cpu;
            }
            if (!cpus.contains(cpu + 1)) {
                parts.add(first == cpu ? Integer.toString(cpu) : first + "-" + cpu);
                first = -1;
            }
        }
        return String.join(",", parts);
    }

    /** Returns a mask of groups of 32 bits in hexadecimal. */
    public static String mask(SortedSet<Integer> cpus) {
        BigInteger bits = BigInteger.ZERO;
        for (int cpu : cpus) {
            bits = bits.setBit(cpu);
        }
        StringBuilder mask = new StringBuilder(bits.toString(16));
        int digits = WORD / 4;
        for (int at = mask.length() - digits; at > 0; at -= digits) {
            mask.insert(at, ',');
        }
        return mask.toString();
    }
}
