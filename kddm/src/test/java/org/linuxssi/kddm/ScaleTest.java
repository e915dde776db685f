package org.linuxssi.kddm;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.tools.NodeSet;

/**
 * A few nodes and many with agreed membership and many objects, on virtual time: what an operation costs in envelopes and an object in
 * memory does not grow with the nodes. {@code -Dlinuxssi.scale.nodes=N} and {@code -Dlinuxssi.scale.objects=N} set how many;
 * {@code checks/scale} takes 256 and a million.
 */
@Timeout(1800)
class ScaleTest {

    private static final int OBJECTS = Integer.getInteger("linuxssi.scale.objects", 5_120);
    private static final int MANY = Integer.getInteger("linuxssi.scale.nodes", 96);
    private static final int FEW = 16;

    /** Fewer would be lost in what looks at the heap differ by. */
    private static final int LEAST_WEIGHED = 50_000;

    /** Bytes of a heap that has its size counted in regions: seen were 1.6 million more or less for the same objects. */
    private static final double INEXACT = 2_000_000;

    private static final int JOIN = 32;
    private static final Duration SOON = Duration.ofSeconds(1);
    private static final System.Logger LOG = System.getLogger("scale");
    private static final Logger QUIET = Logger.getLogger("org.linuxssi");

    @BeforeAll
    static void quiet() {
        QUIET.setLevel(Level.OFF);
    }

    @AfterAll
    static void loud() {
        QUIET.setLevel(null);
    }

    /**
     * What things cost on average.
     *
     * @param update envelopes of an update by a node that does not have the object
     * @param read envelopes of a read by a node that does not have the object
     * @param bytes memory of an object with all that its owner, its home and others keep of it
     * @param weighed number of objects whose memory was taken together
     */
    private record Cost(double update, double read, double bytes, int weighed) {
        double inexact() {
            return INEXACT / weighed;
        }
    }

    private static Cost cost(int count, int objects) {
        try (ManyNodes nodes = new ManyNodes(count)) {
            nodes.update(0, objects, 0, _ -> 1L);
            int weighed = Math.max(objects, LEAST_WEIGHED);
            long before = MemoryTest.used();
            nodes.update(objects, (long) objects + weighed, 0, _ -> 1L);
            double bytes = (double) (MemoryTest.used() - before) / weighed;
            nodes.envelopes();
            nodes.update(0, objects, 1, n -> n + 1);
            double update = (double) nodes.envelopes() / objects;
            assertThat(nodes.sum(objects, 2)).isEqualTo(2L * objects);
            double read = (double) nodes.envelopes() / objects;
            Cost cost = new Cost(update, read, bytes, weighed);
            LOG.log(System.Logger.Level.INFO, "{0} nodes, {1} objects: {2}", count, objects, cost);
            return cost;
        }
    }

    @Test
    void anOperationAndAnObjectCostTheSameAmongManyNodes() {
        Cost few = cost(FEW, OBJECTS / MANY * FEW);
        Cost many = cost(MANY, OBJECTS / MANY * MANY);
        assertThat(few.update()).isGreaterThan(2);
        assertThat(few.read()).isGreaterThan(1);
        assertThat(few.bytes()).isGreaterThan(50 - few.inexact());
        assertThat(many.update()).isLessThan(1.25 * few.update());
        assertThat(many.read()).isLessThan(1.25 * few.read());
        assertThat(many.bytes()).isLessThan(1.25 * few.bytes() + many.inexact());
    }

    @Test
    void manyNodesJoinLeaveAndDieAtOnce() {
        NodeSet stay = NodeSet.first(MANY - JOIN);
        NodeSet more = NodeSet.first(MANY).minus(stay);
        try (ManyNodes nodes = new ManyNodes(MANY - JOIN)) {
            nodes.update(0, OBJECTS, 0, _ -> 1L);
            nodes.boot(more);
            Duration joined = nodes.add(more);
            nodes.update(0, OBJECTS, 1, n -> n + 1);
            Duration left = nodes.remove(more);
            assertThat(nodes.sum(OBJECTS, 2)).isEqualTo(2L * OBJECTS);
            nodes.add(more);
            Duration failed = nodes.kill(more);
            assertThat(nodes.sum(OBJECTS, 3)).isEqualTo(2L * OBJECTS);
            LOG.log(
                    System.Logger.Level.INFO,
                    "32 of {0} nodes, {1} objects: joined {2} us, left {3} us, failed {4} us",
                    MANY,
                    OBJECTS,
                    joined.toNanos() / 1000,
                    left.toNanos() / 1000,
                    failed.toNanos() / 1000);
            assertThat(joined).isLessThan(SOON);
            assertThat(left).isLessThan(SOON);
            assertThat(failed).isLessThan(SOON);
        }
    }
}
