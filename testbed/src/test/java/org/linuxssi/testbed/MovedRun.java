package org.linuxssi.testbed;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.IntFunction;

/**
 * Runs a program natively and in a cluster that moves it about, and compares. One that ends before it was moved often
 * enough runs again with twice as much to do, as machines are not equally fast.
 *
 * @param directory where files of the runs go; each run has a working directory of its own in it
 * @param moves how often a run has to be moved to count
 * @param most no more moves than this
 */
record MovedRun(Cluster cluster, Path directory, int moves, int most) {

    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final int DOUBLINGS = 4;
    private static final int ROOT_MOVES = 2;

    /** Asserts that output and exit status of a program are the same, whatever amount of work it is given. */
    void same(int work, int exit, IntFunction<Command> program) {
        Moves moved = new Moves(0, 0);
        for (int doubled = 0; !enough(moved) && doubled <= DOUBLINGS; doubled++) {
            moved = movedLikeNative(program.apply(work << doubled), exit);
        }
        assertThat(moved).describedAs("moves of the longest run").matches(this::enough, "enough");
    }

    /**
     * How often processes were moved.
     *
     * @param all of the program and its descendants
     * @param root of the program itself
     */
    private record Moves(int all, int root) {}

    private boolean enough(Moves moved) {
        return moved.all() >= moves && moved.root() >= ROOT_MOVES;
    }

    private Moves movedLikeNative(Command command, int exit) {
        try {
            Result expected = Programs.runNatively(command.in(work()), directory);
            assertThat(expected.exit()).describedAs(expected.messages()).isEqualTo(exit);
            Mover mover = new Mover(cluster, command.hashCode());
            try (Program running = cluster.start(1, command.in(work()))) {
                int moved = mover.moveTree(running, most);
                assertThat(running.await(PATIENCE)).isEqualTo(expected);
                assertThat(mover.failures()).isEmpty();
                return new Moves(moved, mover.rootMoved());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path work() throws IOException {
        return Files.createTempDirectory(directory, "work");
    }
}
