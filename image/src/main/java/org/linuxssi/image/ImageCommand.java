package org.linuxssi.image;

import java.io.IOException;
import java.io.PrintWriter;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.Callable;
import org.linuxssi.checkpoint.SavedImage;
import org.linuxssi.tools.Described;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code krg image} and its forms. */
@Command(
        name = "image",
        description = "Looks into saved versions of applications; starts nothing and asks no daemon.",
        footer = {"", "FILE is a file of a version, or the directory with all of them, as /var/chkpt/300/v1."})
final class ImageCommand implements Callable<Integer> {

    private static final int PAGE = 4096;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }

    @Override
    public Integer call() {
        throw new ParameterException(spec.commandLine(), "a command is needed");
    }

    @Command(name = "show", description = "Prints what is in it, but for the bytes of memory.")
    int show(
            @Parameters(paramLabel = "FILE", description = "what to look into") Path file,
            @Option(names = "--json", description = "as JSON") boolean json)
            throws IOException {
        Described all = described(file);
        if (json) {
            out().println(all.json());
        } else {
            all.leaves().forEach((path, value) -> out().println(path + ": " + value));
        }
        return 0;
    }

    @Command(name = "verify", description = "Reads all of it and compares the checksums.")
    int verify(@Parameters(paramLabel = "FILE", description = "what to check") Path file) throws IOException {
        for (SavedImage image : SavedImage.read(file)) {
            out().println(image.name() + ": ok, " + image.memory().size() + " pages of memory");
        }
        return 0;
    }

    @Command(name = "diff", description = "Prints in what two differ; the exit status is 1 when they do.")
    int diff(
            @Parameters(index = "0", paramLabel = "FILE", description = "the one") Path one,
            @Parameters(index = "1", paramLabel = "OTHER", description = "the other") Path other)
            throws IOException {
        List<String> lines = described(one).differences(described(other));
        lines.forEach(out()::println);
        return lines.isEmpty() ? 0 : 1;
    }

    @Command(name = "extract", description = "Writes bytes of memory to a file that is not there yet.")
    int extract(
            @Parameters(
                            index = "0",
                            paramLabel = "FILE",
                            description = "a file with memory: task_mm_PID.bin and the like")
                    Path file,
            @Parameters(index = "1", paramLabel = "START-END", description = "addresses, as in /proc/PID/maps")
                    String range,
            @Parameters(
                            index = "2",
                            paramLabel = "OUT",
                            description = "where to write; holes stay where nothing is saved")
                    Path target)
            throws IOException {
        if (!range.matches("[0-9a-fA-F]{1,16}-[0-9a-fA-F]{1,16}")) {
            throw new ParameterException(spec.commandLine(), "'" + range + "' is no START-END");
        }
        int dash = range.indexOf('-');
        long start = Long.parseUnsignedLong(range.substring(0, dash), 16);
        long end = Long.parseUnsignedLong(range.substring(dash + 1), 16);
        if (Long.compareUnsigned(start, end) >= 0) {
            throw new ParameterException(spec.commandLine(), "'" + range + "' is empty");
        }
        try (FileChannel out = FileChannel.open(target, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
            long[] written = {0};
            SavedImage.extract(file, (address, bytes) -> written[0] += write(out, start, end, address, bytes));
            out().println(written[0] + " bytes");
        }
        return 0;
    }

    private static long write(FileChannel out, long start, long end, long address, MemorySegment bytes)
            throws IOException {
        long from = Math.max(start, address);
        long to = Math.min(end, address + bytes.byteSize());
        if (from >= to) {
            return 0;
        }
        ByteBuffer part = bytes.asSlice(from - address, to - from).asByteBuffer();
        for (long at = from - start; part.hasRemaining(); ) {
            at += out.write(part, at);
        }
        return to - from;
    }

    private static Described described(Path file) throws IOException {
        Map<String, Described> files = new LinkedHashMap<>();
        for (SavedImage image : SavedImage.read(file)) {
            files.put(image.name(), image.content());
            if (!image.memory().isEmpty()) {
                files.put(image.name() + " memory", new Described.Items(runs(image.memory())));
            }
        }
        return new Described.Fields(files);
    }

    /** Returns runs of pages with one checksum for all of a run. */
    private static List<Described> runs(SortedMap<Long, Integer> memory) {
        List<Described> runs = new ArrayList<>();
        long start = memory.firstKey();
        long next = start;
        int sum = 0;
        for (Map.Entry<Long, Integer> page : memory.entrySet()) {
            if (page.getKey() != next) {
                runs.add(run(start, next, sum));
                start = page.getKey();
                sum = 0;
            }
            sum = 31 * sum + page.getValue();
            next = page.getKey() + PAGE;
        }
        runs.add(run(start, next, sum));
        return runs;
    }

    private static Described run(long start, long end, int sum) {
        return new Described.Leaf(
                Long.toHexString(start) + "-" + Long.toHexString(end) + ", checksum " + Integer.toHexString(sum));
    }
}
