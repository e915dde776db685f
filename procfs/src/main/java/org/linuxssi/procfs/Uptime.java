package org.linuxssi.procfs;

import java.util.List;
import java.util.Locale;

/**
 * The file {@code uptime}, in hundredths of a second.
 *
 * @param up since boot
 * @param idle of all processors together
 */
record Uptime(long up, long idle) {

    static Uptime parse(String text) {
        String[] parts = text.strip().split(" ");
        return new Uptime(hundredths(parts[0]), hundredths(parts[1]));
    }

    private static long hundredths(String number) {
        int dot = number.indexOf('.');
        return Long.parseLong(number.substring(0, dot)) * 100 + Long.parseLong(number.substring(dot + 1));
    }

    /** Returns how long this node is up, since that is what start times count from, and the idle time of all. */
    static Uptime sum(Uptime local, List<Uptime> all) {
        return new Uptime(local.up, all.stream().mapToLong(Uptime::idle).sum());
    }

    String format() {
        return String.format(Locale.ROOT, "%d.%02d %d.%02d\n", up / 100, up % 100, idle / 100, idle % 100);
    }
}
