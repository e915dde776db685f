package org.linuxssi.epm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.linuxssi.epm.Journal.Entry;
import org.linuxssi.epm.Journal.Role;
import org.linuxssi.epm.Migration.Key;
import org.linuxssi.epm.Migration.Outcome;
import org.linuxssi.tools.NodeId;

@Timeout(30)
class JournalTest {

    private static final NodeId PEER = NodeId.of(7);

    @TempDir
    Path directory;

    private static Key key(long number) {
        return new Key(PEER, number);
    }

    @Test
    void theNextDaemonReadsWhatWasHeldUntilItIsDeleted() throws IOException {
        Journal journal = Journal.open(directory);
        Entry leaving = new Entry(Role.LEAVING, key(1), 712, PEER, new byte[] {1, 2, 3});
        Entry coming = new Entry(Role.COMING, key(2), 713, PEER, new byte[0]);
        journal.write(leaving);
        journal.write(coming);
        journal.delete(coming);
        assertThat(Journal.open(directory).entries()).singleElement().satisfies(entry -> {
            assertThat(entry.role()).isEqualTo(Role.LEAVING);
            assertThat(entry.key()).isEqualTo(key(1));
            assertThat(entry.pid()).isEqualTo(712);
            assertThat(entry.held()).containsExactly(1, 2, 3);
        });
    }

    @Test
    void anEntryThatCannotBeReadIsLeftOut() throws IOException {
        Journal journal = Journal.open(directory);
        journal.write(new Entry(Role.LEAVING, key(1), 712, PEER, new byte[] {1}));
        Files.write(directory.resolve("COMING-7-2"), new byte[] {1});
        assertThat(journal.entries()).hasSize(1);
    }

    @Test
    void whatRanIsKnownToTheNextDaemonAndAllElseDidNotRun() {
        Outcomes outcomes = new Outcomes(Journal.open(directory));
        assertThat(outcomes.decide(key(1), Outcome.RAN)).isEqualTo(Outcome.RAN);
        assertThat(outcomes.decide(key(2), Outcome.DROPPED)).isEqualTo(Outcome.DROPPED);
        assertThat(outcomes.decide(key(2), Outcome.RAN)).isEqualTo(Outcome.DROPPED);
        Outcomes next = new Outcomes(Journal.open(directory));
        assertThat(next.decide(key(1), Outcome.DROPPED)).isEqualTo(Outcome.RAN);
        assertThat(next.decide(key(2), Outcome.DROPPED)).isEqualTo(Outcome.DROPPED);
        assertThat(next.decide(key(3), Outcome.DROPPED)).isEqualTo(Outcome.DROPPED);
    }

    @Test
    void theNewestOfVeryManyAreRemembered() {
        Outcomes outcomes = new Outcomes(Journal.open(directory));
        for (int i = 0; i < 10_000; i++) {
            outcomes.decide(key(i), Outcome.RAN);
        }
        assertThat(Journal.open(directory).ran()).hasSize(4096).endsWith(key(9_999));
    }

    @Test
    void nothingRunsThatCannotBeWrittenDown() throws IOException {
        Outcomes outcomes = new Outcomes(Journal.open(directory));
        Files.delete(directory);
        assertThatThrownBy(() -> outcomes.decide(key(1), Outcome.RAN)).isInstanceOf(UncheckedIOException.class);
        assertThat(outcomes.decide(key(1), Outcome.DROPPED)).isEqualTo(Outcome.DROPPED);
    }

    @Test
    void aNewContainerBeginsWithNothing() throws IOException {
        Journal journal = Journal.open(directory);
        journal.write(new Entry(Role.COMING, key(1), 712, PEER, new byte[] {1}));
        journal.ran(key(1));
        assertThat(Journal.fresh(directory).entries()).isEmpty();
        assertThat(Journal.open(directory).ran()).isEmpty();
    }
}
