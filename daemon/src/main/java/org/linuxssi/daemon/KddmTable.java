package org.linuxssi.daemon;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.linuxssi.kddm.BenchmarkRow;
import org.linuxssi.kddm.DefaultOwner;
import org.linuxssi.kddm.ObjectInfo;
import org.linuxssi.kddm.SetCounters;
import org.linuxssi.kddm.SetDefinition;
import org.linuxssi.kddm.SetFlag;
import org.linuxssi.kddm.SetInfo;
import org.linuxssi.kddm.WaitInfo;

/** The KDDM sets of a node as {@code krg kddm} shows them, a line each. */
final class KddmTable {

    private static final String FORMAT = "%-12s %-16s %7s %6s %7s %7s %7s %7s %10s %10s %8s %8s %8s %8s %8s %8s %6s %s";

    private KddmTable() {}

    private static final String SETS = "%-12s %-16s %-10s %7s %6s %7s %s";
    private static final String OBJECTS = "%20s %-12s %-12s %4s %8s %7s %6s %7s";
    private static final String BENCHMARK = "%-20s %-24s %10s %10s %10s %10s";
    private static final String WAITS = "%-12s %20s %-7s %4s %8s %-12s %s";

    /** The head of {@link #waits}. */
    static final String WAITS_HEAD =
            String.format(Locale.ROOT, WAITS, "SET", "OBJECT", "WANTS", "NODE", "POSITION", "WAITS-FOR", "HELD");

    /** Returns the properties of the sets. */
    static String sets(List<SetInfo> sets) {
        String head = String.format(Locale.ROOT, SETS, "SET", "LINKER", "OWNER", "SIZE", "COPIES", "MANAGER", "FLAGS");
        return sets.stream().map(KddmTable::properties).collect(Collectors.joining("\n", head + "\n", ""));
    }

    private static String properties(SetInfo set) {
        Optional<SetDefinition> known = set.definition();
        return String.format(
                Locale.ROOT,
                SETS,
                set.id(),
                known.map(SetDefinition::linkerName).orElse("-"),
                known.map(it -> owner(it.owner())).orElse("-"),
                known.map(it -> Integer.toString(it.objectSize())).orElse("-"),
                known.map(it -> Integer.toString(it.copies())).orElse("-"),
                set.manager().map(Object::toString).orElse("-"),
                known.map(KddmTable::flags).orElse("-"));
    }

    private static String owner(DefaultOwner owner) {
        return switch (owner) {
            case DefaultOwner.Fixed fixed -> "node " + fixed.node();
            case DefaultOwner.Modulo _ -> "modulo";
            case DefaultOwner.Shift shift -> ">> " + shift.bits();
            case DefaultOwner.Linker _ -> "linker";
        };
    }

    /** Returns what a node has of objects. */
    static String objects(List<ObjectInfo> objects) {
        String head = String.format(
                Locale.ROOT, OBJECTS, "OBJECT", "STATE", "AWAITS", "HOME", "VERSION", "READERS", "WRITER", "WAITERS");
        return objects.stream()
                .sorted(Comparator.comparingLong(ObjectInfo::object))
                .map(it -> String.format(
                        Locale.ROOT,
                        OBJECTS,
                        it.object(),
                        it.state(),
                        it.awaited() == ObjectInfo.Awaited.NOTHING
                                ? "-"
                                : it.awaited().name(),
                        it.home().map(Object::toString).orElse("-"),
                        it.version(),
                        it.readers(),
                        it.writer() ? "yes" : "no",
                        it.waiters()))
                .collect(Collectors.joining("\n", head + "\n", ""))
                .stripTrailing();
    }

    /** Returns a line a request, without a head. */
    static String waits(List<WaitInfo> waits) {
        return waits.stream()
                .map(it -> String.format(
                        Locale.ROOT,
                        WAITS,
                        it.set(),
                        it.object(),
                        it.wants(),
                        it.requester(),
                        it.position(),
                        it.waitsFor().isEmpty() ? "-" : it.waitsFor(),
                        it.held() ? "held" : "-"))
                .collect(Collectors.joining("\n"));
    }

    /** Returns what operations took in microseconds, and how many bare exchanges that is. */
    static String benchmark(List<BenchmarkRow> rows) {
        String head = String.format(
                Locale.ROOT, BENCHMARK, "OBJECTS", "OPERATION", "MEAN-US", "P50-US", "P99-US", "EXCHANGES");
        return rows.stream().map(KddmTable::line).collect(Collectors.joining("\n", head + "\n", ""));
    }

    private static String line(BenchmarkRow row) {
        boolean done = row.samples() > 0;
        return String.format(
                Locale.ROOT,
                BENCHMARK,
                row.set(),
                row.operation(),
                done ? micros(row.mean()) : "-",
                done ? micros((double) row.median()) : "-",
                done ? micros((double) row.p99()) : "-",
                done ? String.format(Locale.ROOT, "%.2f", row.exchanges()) : "-");
    }

    private static String micros(double nanos) {
        return String.format(Locale.ROOT, "%.2f", nanos / 1000);
    }

    static String format(List<SetInfo> sets) {
        String head = String.format(
                Locale.ROOT,
                FORMAT,
                "SET",
                "LINKER",
                "SIZE",
                "COPIES",
                "MANAGER",
                "OBJECTS",
                "OWNED",
                "HOMES",
                "HITS",
                "MISSES",
                "GETS",
                "GRABS",
                "INVALS",
                "EVICTED",
                "INJECTED",
                "REHOMED",
                "LOST",
                "FLAGS");
        return sets.stream().map(KddmTable::line).collect(Collectors.joining("\n", head + "\n", ""));
    }

    private static String line(SetInfo set) {
        Optional<SetDefinition> definition = set.definition();
        SetCounters counters = set.counters();
        return String.format(
                Locale.ROOT,
                FORMAT,
                set.id(),
                definition.map(SetDefinition::linkerName).orElse("-"),
                definition.map(known -> Integer.toString(known.objectSize())).orElse("-"),
                definition.map(known -> Integer.toString(known.copies())).orElse("-"),
                set.manager().map(Object::toString).orElse("-"),
                set.objects(),
                set.owned(),
                set.homes(),
                counters.hits(),
                counters.misses(),
                counters.gets(),
                counters.grabs(),
                counters.invalidations(),
                counters.evictions(),
                counters.injections(),
                counters.rehomed(),
                counters.lost(),
                definition.map(KddmTable::flags).orElse("-"));
    }

    private static String flags(SetDefinition definition) {
        String names =
                new TreeSet<>(definition.flags()).stream().map(SetFlag::name).collect(Collectors.joining(","));
        return names.isEmpty() ? "-" : names;
    }
}
