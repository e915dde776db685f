package org.linuxssi.capability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.tools.NodeId;

/** A shell 10 starts 20, which starts 21, which starts 22; 23 has lost its parent and is in the session of 20. */
class FamiliesTest {

    private static final CapabilitySets SAVED = CapabilitySets.FIRST.with(Capability.CHECKPOINTABLE);

    private final Map<Integer, Given> given = new HashMap<>();
    private final List<Kin> all =
            List.of(kin(10, 1, 10), kin(20, 10, 20), kin(21, 20, 20), kin(22, 21, 20), kin(23, 1, 20), kin(30, 10, 10));

    private static Kin kin(int pid, int parent, int session) {
        return new Kin(pid, parent, session, 0, 1000L * pid, NodeId.of(0));
    }

    private Families families() {
        return new Families(all, pid -> Optional.ofNullable(given.get(pid)));
    }

    @Test
    void nobodyIsInAnApplicationAtFirst() {
        assertThat(families().application(22)).isEmpty();
        assertThat(families().of(22)).isEqualTo(CapabilitySets.FIRST);
        assertThat(families().members(20)).isEmpty();
        assertThatThrownBy(() -> families().of(99)).isInstanceOf(ErrnoException.class);
    }

    @Test
    void descendantsAreInTheApplicationOfTheFirst() {
        given.put(20, new Given(20_000, SAVED));
        assertThat(families().members(20)).extracting(Kin::pid).containsExactly(20, 23, 21, 22);
        assertThat(families().application(22)).isEqualTo(OptionalInt.of(20));
        assertThat(families().application(10)).isEmpty();
        assertThat(families().application(30)).isEmpty();
    }

    @Test
    void aShellMakesEachOfItsProgramsAnApplication() {
        given.put(
                10,
                new Given(
                        10_000,
                        new CapabilitySets(
                                SAVED.permitted(), 1, SAVED.inheritablePermitted(), SAVED.inheritableEffective())));
        assertThat(families().application(10)).isEmpty();
        assertThat(families().application(22)).isEqualTo(OptionalInt.of(20));
        assertThat(families().application(30)).isEqualTo(OptionalInt.of(30));
    }

    @Test
    void whatALaterProcessOfTheNumberWasGivenDoesNotCount() {
        given.put(20, new Given(500, SAVED));
        assertThat(families().application(20)).isEmpty();
        assertThat(families().matters(20, new Given(20_500, SAVED))).isTrue();
    }

    @Test
    void aDeadLeaderStillCountsForItsSession() {
        given.put(20, new Given(20_000, SAVED));
        Families orphans = new Families(List.of(kin(23, 1, 20)), pid -> Optional.ofNullable(given.get(pid)));
        assertThat(orphans.application(23)).isEqualTo(OptionalInt.of(20));
        assertThat(orphans.members(20)).extracting(Kin::pid).containsExactly(23);
        assertThat(orphans.matters(20, given.get(20))).isTrue();
        Families none = new Families(List.of(), pid -> Optional.ofNullable(given.get(pid)));
        assertThat(none.matters(20, given.get(20))).isFalse();
    }

    @Test
    void heirsAreThoseWithNothingOfTheirOwn() {
        given.put(20, new Given(20_000, SAVED));
        given.put(21, new Given(21_000, CapabilitySets.FIRST));
        assertThat(families().heirs(20)).extracting(Kin::pid).containsExactlyInAnyOrder(22, 23);
        assertThat(families().heirs(30)).isEmpty();
    }

    @Test
    void processesThatAreSaidToBeEachOthersParentsDoNoHarm() {
        Families odd =
                new Families(List.of(kin(40, 41, 40), kin(41, 40, 40)), _ -> Optional.of(new Given(40_000, SAVED)));
        assertThat(odd.application(40)).isPresent();
        assertThat(odd.heirs(40)).isNotNull();
    }
}
