package org.linuxssi.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Many programs on the move at once. */
@ExtendWith(TestBedExtension.class)
@Timeout(value = 600, unit = TimeUnit.SECONDS)
class MigrationStormTest {

    private static final int PROGRAMS = 8;
    private static final int MIGRATIONS = 200 * Integer.getInteger("linuxssi.e2e.scale", 1);

    @TempDir
    Path directory;

    @Test
    void twoHundredMigrationsOfEightProgramsLoseNothingAndLeaveNothing(Cluster cluster)
            throws IOException, InterruptedException, ExecutionException {
        Path ledger = Programs.compileC("ledger", directory);
        warmUp(cluster, ledger);
        Leaks before = cluster.leaks();
        List<Ledger> ledgers = new ArrayList<>();
        List<Program> programs = new ArrayList<>();
        for (int i = 0; i < PROGRAMS; i++) {
            ledgers.add(Ledger.in(directory, i));
            programs.add(cluster.start(i % cluster.nodes(), ledgers.get(i).command(ledger)));
        }
        assertThat(moveAll(cluster, programs)).isEqualTo(MIGRATIONS);
        for (Program program : programs) {
            assertThat(cluster.ps(0))
                    .filteredOn(row -> row.pid() == program.pid())
                    .hasSize(1);
        }
        ledgers.forEach(Ledger::end);
        for (int i = 0; i < PROGRAMS; i++) {
            try (Program program = programs.get(i)) {
                Result result = program.await(Duration.ofSeconds(30));
                assertThat(result)
                        .isEqualTo(new Result(0, "laps " + ledgers.get(i).laps() + "\n", ""));
            }
            ledgers.get(i).assertWhole();
        }
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(cluster.leaksSince(before)).isEmpty());
    }

    /** Everything that is made once and kept, is made before the count. */
    private void warmUp(Cluster cluster, Path program) {
        Ledger ledger = Ledger.in(directory, PROGRAMS);
        try (Program running = cluster.start(0, ledger.command(program))) {
            for (int node : new int[] {1, 2, 0, 2, 1, 0}) {
                cluster.migrate(running.pid(), node);
            }
            ledger.end();
            running.await(Duration.ofSeconds(30));
        }
    }

    private static int moveAll(Cluster cluster, List<Program> programs)
            throws InterruptedException, ExecutionException {
        List<Future<Integer>> movers = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(PROGRAMS)) {
            for (Program program : programs) {
                Mover mover = new Mover(cluster, program.pid());
                movers.add(threads.submit(() -> {
                    int moved = mover.moveTree(program, MIGRATIONS / PROGRAMS);
                    assertThat(mover.failures()).isEmpty();
                    return moved;
                }));
            }
        }
        int moved = 0;
        for (Future<Integer> mover : movers) {
            moved += mover.get();
        }
        return moved;
    }
}
