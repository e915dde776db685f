package org.linuxssi.testbed;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.linuxssi.testbed.ResourceProgram.Kind;

/** Each kind of resource is saved, started again and moved, or refused, as the manual's table says. */
@ExtendWith(TestBedExtension.class)
@Timeout(value = 400, unit = TimeUnit.SECONDS)
class ResourceMatrixTest {

    private static final Path TABLE = Path.of("../docs/manual/resources.md");
    private static final String WRONG = "wrong";

    /** Empty to look at what implies the rest, "all" to look at all, "write" to write the table, too. */
    private static final String MODE = System.getProperty("linuxssi.e2e.matrix", "");

    private static final String ONLY = System.getProperty("linuxssi.e2e.matrix.kinds", "");

    /** Most of the time a program waits for commands that wait for something. */
    private static final int LANES = 4;

    @TempDir
    Path directory;

    private final Cluster cluster;

    ResourceMatrixTest(Cluster cluster) {
        this.cluster = cluster;
    }

    @Test
    void isAsTheTableSays() throws Exception {
        ResourceProgram program = ResourceProgram.compile(cluster, directory);
        List<Kind> kinds = program.kinds().stream()
                .filter(kind -> ONLY.isEmpty() || List.of(ONLY.split(",")).contains(kind.name()))
                .toList();
        List<List<String>> rows = rows(program, kinds);
        assertThat(rows).allMatch(row -> row.stream().noneMatch(cell -> cell.startsWith(WRONG)));
        if (MODE.equals("write")) {
            write(rows);
        }
        List<List<String>> said = Files.readAllLines(TABLE).stream()
                .filter(ResourceMatrixTest::isRow)
                .map(line -> List.of(line.replaceAll("^\\| | \\|$", "").split(" \\| ")))
                .toList();
        for (List<String> row : rows) {
            assertThat(said).anyMatch(line -> agrees(row, line), row.toString());
        }
        if (ONLY.isEmpty()) {
            assertThat(said).hasSize(rows.size() + 2);
        }
        assertThat(cluster.ps(0)).noneMatch(row -> row.command().contains(directory.toString()));
    }

    /** Tells whether cells agree; one that was not looked at agrees with all. */
    private static boolean agrees(List<String> row, List<String> line) {
        return row.size() == line.size()
                && IntStream.range(0, row.size())
                        .allMatch(i -> row.get(i).isEmpty() || row.get(i).equals(line.get(i)));
    }

    private List<List<String>> rows(ResourceProgram program, List<Kind> kinds) throws Exception {
        List<List<String>> rows = new ArrayList<>();
        try (ExecutorService lanes = Executors.newFixedThreadPool(LANES)) {
            List<Future<List<String>>> begun = new ArrayList<>();
            for (Kind kind : kinds) {
                begun.add(lanes.submit(() -> row(program, kind)));
            }
            for (Future<List<String>> row : begun) {
                rows.add(row.get());
                System.out.println("| " + String.join(" | ", rows.getLast()) + " |");
            }
        }
        return rows;
    }

    /** What was moved there and back was moved there; what is started elsewhere could be started here. */
    private static List<String> row(ResourceProgram program, Kind kind) throws IOException {
        program.runNatively(kind);
        List<String> cells = new ArrayList<>(List.of(kind.what()));
        cells.addAll(MODE.isEmpty() ? List.of("", program.savedForElsewhere(kind)) : program.saved(kind));
        String moved = MODE.isEmpty() ? "" : program.moved(kind, 1);
        cells.add(moved);
        cells.add(moved.isEmpty() || moved.equals(ResourceProgram.YES) ? program.moved(kind, 1, 0) : moved);
        return cells;
    }

    private static boolean isRow(String line) {
        return line.startsWith("|");
    }

    /** Writes the table in the place of the one that is there. */
    private static void write(List<List<String>> rows) throws IOException {
        List<String> lines = new ArrayList<>(Files.readAllLines(TABLE));
        int at = (int) lines.stream().takeWhile(line -> !isRow(line)).count();
        lines.removeIf(ResourceMatrixTest::isRow);
        List<String> table =
                new ArrayList<>(List.of("| kind | saved | elsewhere | moved | back |", "|---|---|---|---|---|"));
        rows.forEach(row -> table.add("| " + String.join(" | ", row) + " |"));
        lines.addAll(at, table);
        Files.write(TABLE, lines);
    }
}
