package org.linuxssi.kddm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.linuxssi.hotplug.HotplugConfig;

/**
 * Many small clusters on virtual time with all kinds of faults. {@code -Dlinuxssi.simulate.seeds=N} runs N of them,
 * {@code -Dlinuxssi.simulate.first=S} begins with seed S.
 */
@Timeout(value = 12, unit = TimeUnit.HOURS)
class SimulationTest {

    private static final int SEEDS = Integer.getInteger("linuxssi.simulate.seeds", 300);
    private static final long FIRST = Long.getLong("linuxssi.simulate.first", 1);
    private static final int FOUND_WITHIN = 300;
    private static final int REPEATED = 5;
    private static final int SOME = 3;
    private static final Logger QUIET = Logger.getLogger("org.linuxssi");

    @BeforeAll
    static void quiet() {
        QUIET.setLevel(Boolean.getBoolean("linuxssi.simulate.log") ? Level.ALL : Level.OFF);
    }

    @AfterAll
    static void loud() {
        QUIET.setLevel(null);
    }

    @Test
    void historiesAreConsistentAndNothingIsLeft() {
        assertThat(problems(SEEDS, Mutation.NONE, HotplugConfig.MESH)).isEmpty();
    }

    /** As in a large view. */
    @Test
    void historiesAreConsistentAlsoWhenMembersWatchTheirNeighbours() {
        assertThat(problems(Math.max(1, SEEDS / SOME), Mutation.NONE, 0)).isEmpty();
    }

    @Test
    void historiesAreConsistentAlsoWhenReadsByHintsAreLateAndLost() {
        assertThat(problems(Math.max(1, SEEDS / SOME), Mutation.LATE_AND_LOST, HotplugConfig.MESH))
                .isEmpty();
    }

    private static List<String> problems(int seeds, Mutation mutation, int mesh) {
        return LongStream.range(FIRST, FIRST + seeds)
                .parallel()
                .mapToObj(seed -> new Simulation(seed, mutation, mesh).run())
                .flatMap(Optional::stream)
                .toList();
    }

    @Test
    void aSeedRepeatsEverything() {
        for (long seed = FIRST; seed < FIRST + REPEATED; seed++) {
            Simulation one = new Simulation(seed, Mutation.NONE);
            Simulation two = new Simulation(seed, Mutation.NONE);
            assertThat(one.run()).isEqualTo(two.run());
            assertThat(one.trace()).isEqualTo(two.trace());
            assertThat(one.trace()).isNotEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"NONE", "LATE_AND_LOST"})
    void aBrokenProtocolIsFound(Mutation mutation) {
        Optional<String> found = LongStream.range(FIRST, FIRST + FOUND_WITHIN)
                .mapToObj(seed -> new Simulation(seed, mutation).run())
                .flatMap(Optional::stream)
                .findFirst();
        assertThat(found).isPresent();
    }
}
