package org.linuxssi.kddm;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.jetbrains.lincheck.LincheckAssertionError;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.jetbrains.lincheck.util.LoggingLevel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.kddm.LocalOperations.OfLock;
import org.linuxssi.kddm.LocalOperations.OfSet;
import org.linuxssi.kddm.LocalOperations.OfTable;
import org.linuxssi.kddm.LocalOperations.RacyCounter;
import org.linuxssi.kddm.LocalOperations.SequentialCounter;
import org.linuxssi.kddm.LocalOperations.SequentialLock;
import org.linuxssi.kddm.LocalOperations.SequentialSet;
import org.linuxssi.kddm.LocalOperations.SequentialTable;

/**
 * Threads of one node: what they get has to be what one thread would have got in some order. The table, which is read without a
 * lock, in orders that Lincheck chooses; whole operations in those that come about when threads run at once.
 */
@Timeout(120)
class LincheckTest {

    private static StressOptions atOnce(int iterations, int invocations) {
        return new StressOptions()
                .threads(3)
                .actorsPerThread(3)
                .actorsBefore(1)
                .actorsAfter(1)
                .iterations(iterations)
                .invocationsPerIteration(invocations)
                .logLevel(LoggingLevel.ERROR);
    }

    @Test
    void theTableOfObjectsIsLinearizable() {
        new ModelCheckingOptions()
                .threads(2)
                .actorsPerThread(3)
                .actorsBefore(1)
                .actorsAfter(1)
                .iterations(4)
                .invocationsPerIteration(60)
                .logLevel(LoggingLevel.ERROR)
                .sequentialSpecification(SequentialTable.class)
                .check(OfTable.class);
    }

    @Test
    void operationsOnASetAreLinearizable() {
        atOnce(15, 300).sequentialSpecification(SequentialSet.class).check(OfSet.class);
    }

    @Test
    void locksExcludeOneAnother() {
        atOnce(8, 200).sequentialSpecification(SequentialLock.class).check(OfLock.class);
    }

    @Test
    void aHoldThatDoesNotExcludeIsFound() {
        assertThatThrownBy(() -> atOnce(10, 300)
                        .minimizeFailedScenario(false)
                        .sequentialSpecification(SequentialCounter.class)
                        .check(RacyCounter.class))
                .isInstanceOf(LincheckAssertionError.class);
    }
}
