package org.linuxssi.stream;

import java.util.Optional;

/** Whether programs of this node can read a pipe besides the stand-ins of other nodes. Confined to the loop's thread. */
final class LocalReaders {

    private static final long FIRST_PAUSE = 100;
    private static final long LONGEST_PAUSE = 1_000;

    private final Hub hub;
    private final String name;
    private final Runnable learned;
    private Optional<Boolean> known = Optional.empty();
    private boolean asking;
    private int changes;
    private long pause = FIRST_PAUSE;

    /**
     * Knows nothing yet.
     *
     * @param name of the pipe, as {@link Holders} calls it
     * @param learned called when the answer to {@link #find} has come
     */
    LocalReaders(Hub hub, String name, Runnable learned) {
        this.hub = hub;
        this.name = name;
        this.learned = learned;
    }

    /** A program of this node may hold the pipe from now on, or no longer. */
    void unsure() {
        known = Optional.empty();
        changes++;
        pause = FIRST_PAUSE;
    }

    /** Tells whether it is sure that nobody here reads the pipe. */
    boolean none() {
        return known.isPresent() && !known.get();
    }

    /** Tells whether somebody here could read the pipe when it was looked at last. */
    boolean some() {
        return known.orElse(false);
    }

    /** Finds out soon, unless nothing has changed since there was nobody; looks again later where there was somebody. */
    void find() {
        if (asking || none()) {
            return;
        }
        asking = true;
        if (known.isEmpty()) {
            ask();
        } else {
            hub.loop().after(pause, this::ask);
            pause = Math.min(pause * 2, LONGEST_PAUSE);
        }
    }

    private void ask() {
        int then = changes;
        hub.observer().readByOthers(name, others -> {
            asking = false;
            if (then == changes) {
                known = Optional.of(others);
            }
            learned.run();
        });
    }
}
