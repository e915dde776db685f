package org.linuxssi.procfs;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/** Files of single nodes made one for the cluster (proc(5)). */
final class NodeSums {

    private NodeSums() {}

    /**
     * Returns the file of the cluster.
     *
     * @param local the file of this node, for what cannot be summed
     * @param all the files of all nodes in the order of node ids, this one's included
     */
    static byte[] sum(NodeFile file, byte[] local, List<byte[]> all) {
        List<String> texts = all.stream().map(NodeSums::text).toList();
        String sum =
                switch (file) {
                    case CPUINFO -> cpuInfo(texts);
                    case MEMINFO, VMSTAT -> keyed(texts);
                    case STAT -> stat(text(local), texts);
                    case LOADAVG -> loadAverage(text(local), texts);
                    case UPTIME ->
                        Uptime.sum(
                                        Uptime.parse(text(local)),
                                        texts.stream().map(Uptime::parse).toList())
                                .format();
                    case VERSION, DISKSTATS, INTERRUPTS, SOFTIRQS, PARTITIONS, SWAPS, FILESYSTEMS, CMDLINE ->
                        text(local);
                };
        return sum.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /** Processors and sockets are numbered on from node to node. */
    static String cpuInfo(List<String> nodes) {
        StringBuilder out = new StringBuilder();
        int processor = 0;
        long socketBase = 0;
        for (String node : nodes) {
            long sockets = 0;
            for (String line : node.split("\n", -1)) {
                if (line.startsWith("processor\t")) {
                    out.append("processor\t: ").append(processor++).append('\n');
                } else if (line.startsWith("physical id\t")) {
                    long socket = value(line);
                    sockets = Math.max(sockets, socket + 1);
                    out.append("physical id\t: ").append(socketBase + socket).append('\n');
                } else {
                    out.append(line).append('\n');
                }
            }
            out.setLength(out.length() - 1);
            socketBase += Math.max(sockets, 1);
        }
        return out.toString();
    }

    private static long value(String line) {
        return Long.parseLong(line.substring(line.indexOf(':') + 1).strip());
    }

    /** Lines of a key, a number and perhaps a unit: the numbers are added. */
    static String keyed(List<String> nodes) {
        Map<String, Long> sums = new LinkedHashMap<>();
        Map<String, String[]> forms = new LinkedHashMap<>();
        for (String node : nodes) {
            node.lines().forEach(line -> {
                String[] parts = line.split(" +");
                if (parts.length >= 2 && isNumber(parts[1])) {
                    sums.merge(parts[0], Long.parseLong(parts[1]), Long::sum);
                    forms.putIfAbsent(parts[0], parts);
                }
            });
        }
        StringBuilder out = new StringBuilder();
        sums.forEach((key, value) -> out.append(keyedLine(key, value, forms.getOrDefault(key, new String[0]))));
        return out.toString();
    }

    private static String keyedLine(String key, long value, String[] form) {
        if (!key.endsWith(":")) {
            return key + " " + value + "\n";
        }
        String unit = form.length > 2 ? " " + form[2] : "";
        return String.format(Locale.ROOT, "%-15s %8d%s\n", key, value, unit);
    }

    private static boolean isNumber(String text) {
        return !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    /** {@code stat}: times and counters are added, processors numbered on, the boot time is this node's. */
    static String stat(String local, List<String> nodes) {
        Map<String, long[]> sums = new LinkedHashMap<>();
        StringBuilder processors = new StringBuilder();
        int processor = 0;
        for (String node : nodes) {
            for (String line : node.split("\n")) {
                int space = line.indexOf(' ');
                String key = space < 0 ? line : line.substring(0, space);
                if (key.startsWith("cpu") && key.length() > 3) {
                    processors
                            .append("cpu")
                            .append(processor++)
                            .append(line.substring(space))
                            .append('\n');
                } else {
                    sums.merge(key, numbers(line), NodeSums::add);
                }
            }
        }
        local.lines().filter(line -> line.startsWith("btime ")).forEach(line -> sums.put("btime", numbers(line)));
        StringBuilder out = new StringBuilder();
        sums.forEach((key, values) -> {
            String gap = key.equals("cpu") ? "  " : " ";
            out.append(key).append(gap).append(join(values)).append('\n');
            if (key.equals("cpu")) {
                out.append(processors);
            }
        });
        return out.toString();
    }

    private static long[] numbers(String line) {
        return Arrays.stream(line.strip().split(" +"))
                .skip(1)
                .mapToLong(Long::parseLong)
                .toArray();
    }

    private static long[] add(long[] a, long[] b) {
        long[] sum = Arrays.copyOf(a, Math.max(a.length, b.length));
        for (int i = 0; i < b.length; i++) {
            sum[i] += b[i];
        }
        return sum;
    }

    private static String join(long[] values) {
        return LongStream.of(values).mapToObj(Long::toString).collect(Collectors.joining(" "));
    }

    /** {@code loadavg}: loads and counts of tasks are added, the last pid is this node's. */
    static String loadAverage(String local, List<String> nodes) {
        double[] loads = new double[3];
        long running = 0;
        long tasks = 0;
        for (String node : nodes) {
            String[] parts = node.strip().split(" ");
            for (int i = 0; i < loads.length; i++) {
                loads[i] += Double.parseDouble(parts[i]);
            }
            String[] counts = parts[3].split("/");
            running += Long.parseLong(counts[0]);
            tasks += Long.parseLong(counts[1]);
        }
        String last = local.strip().substring(local.strip().lastIndexOf(' ') + 1);
        return String.format(
                Locale.ROOT, "%.2f %.2f %.2f %d/%d %s\n", loads[0], loads[1], loads[2], running, tasks, last);
    }
}
