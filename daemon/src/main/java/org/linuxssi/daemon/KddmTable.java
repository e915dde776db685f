package org.linuxssi.daemon;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.linuxssi.kddm.SetDefinition;
import org.linuxssi.kddm.SetFlag;
import org.linuxssi.kddm.SetInfo;

/** The KDDM sets of a node as {@code krg kddmstat} shows them, a line each. */
final class KddmTable {

    private static final String FORMAT = "%-12s %-16s %7s %6s %7s %7s %7s %7s %10s %10s %s";

    private KddmTable() {}

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
                "FLAGS");
        return sets.stream().map(KddmTable::line).collect(Collectors.joining("\n", head + "\n", ""));
    }

    private static String line(SetInfo set) {
        Optional<SetDefinition> definition = set.definition();
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
                set.hits(),
                set.misses(),
                definition.map(KddmTable::flags).orElse("-"));
    }

    private static String flags(SetDefinition definition) {
        String names =
                new TreeSet<>(definition.flags()).stream().map(SetFlag::name).collect(Collectors.joining(","));
        return names.isEmpty() ? "-" : names;
    }
}
