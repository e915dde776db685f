package org.linuxssi.bench.peers;

import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The figures as a table: of each row and product the median, the 99th percentile, and the median's multiple of the bare exchange. */
final class Table {

    private Table() {}

    static void print(Map<Product, Figures> figures) {
        System.out.println();
        System.out.println(line(
                "p50 / p99, multiple of the bare exchange",
                figures.keySet().stream().map(Product::title).collect(Collectors.joining(" | "))));
        System.out.println(line("---", figures.keySet().stream().map(_ -> "---").collect(Collectors.joining(" | "))));
        for (Row row : Row.values()) {
            System.out.println(line(
                    row.title(),
                    figures.values().stream().map(each -> cell(row, each)).collect(Collectors.joining(" | "))));
        }
        System.out.println(line(
                "hand-overs seen; rounds failed",
                figures.values().stream()
                        .map(each -> each.count(Row.HAND_OVER) + "; " + each.failures())
                        .collect(Collectors.joining(" | "))));
    }

    private static String line(String title, String cells) {
        return "| " + title + " | " + cells + " |";
    }

    private static String cell(Row row, Figures figures) {
        if (figures.count(row) == 0) {
            return "–";
        }
        String times = number(row.inUnit(figures.percentile(row, 50))) + " / "
                + number(row.inUnit(figures.percentile(row, 99)));
        return switch (row) {
            case BARE, SURVIVE_ONE, SURVIVE_ALL -> times;
            case LOCAL_READ, REMOTE_READ, WRITE_HERE, WRITE_ANY, WRITE_SHARED, HAND_OVER ->
                times + ", "
                        + String.format(Locale.ROOT, row == Row.LOCAL_READ ? "%.4f×" : "%.2f×", figures.multiple(row));
        };
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, value < 100 ? "%.1f" : "%.0f", value);
    }
}
