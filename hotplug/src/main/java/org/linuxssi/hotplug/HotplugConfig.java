package org.linuxssi.hotplug;

import java.time.Duration;
import java.util.OptionalInt;

/**
 * How a node watches its peers.
 *
 * @param incarnation larger at each start of the node, for instance the time of day in milliseconds
 * @param heartbeat how often nodes tell each other that they live
 * @param silence after this long without a word a node is taken for dead
 * @param grace how long a lost connection may take to come back before the node is taken for dead
 * @param autostart the cluster starts itself when this many nodes are present; empty: only when told to
 * @param mesh in views of up to this many members each watches all others, in larger ones a few
 */
public record HotplugConfig(
        long incarnation, Duration heartbeat, Duration silence, Duration grace, OptionalInt autostart, int mesh) {

    /** The usual size: a node and the neighbours that it has in a larger view, twice over; up to there watching all costs less. */
    public static final int MESH = 4 * Rings.COUNT + 1;

    /** Checks the durations. */
    public HotplugConfig {
        if (heartbeat.isNegative() || heartbeat.isZero() || silence.compareTo(heartbeat.multipliedBy(3)) < 0) {
            throw new IllegalArgumentException(
                    "a silence of " + silence + " has to be at least three heartbeats of " + heartbeat);
        }
    }

    /** Returns the usual values: a heartbeat each second, 5 s of silence, 400 ms of grace, no autostart, {@link #MESH}. */
    public static HotplugConfig of(long incarnation) {
        return new HotplugConfig(
                incarnation,
                Duration.ofSeconds(1),
                Duration.ofSeconds(5),
                Duration.ofMillis(400),
                OptionalInt.empty(),
                MESH);
    }

    /** Returns the same with another silence, and a heartbeat of a fifth of it. */
    public HotplugConfig withSilence(Duration duration) {
        return new HotplugConfig(incarnation, duration.dividedBy(5), duration, grace, autostart, mesh);
    }

    /** Returns the same with a cluster that starts itself. */
    public HotplugConfig withAutostart(int nodes) {
        return new HotplugConfig(incarnation, heartbeat, silence, grace, OptionalInt.of(nodes), mesh);
    }

    /** Returns the same with another size of views up to which each member watches all others. */
    public HotplugConfig withMesh(int members) {
        return new HotplugConfig(incarnation, heartbeat, silence, grace, autostart, members);
    }
}
