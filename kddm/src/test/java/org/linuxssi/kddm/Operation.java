package org.linuxssi.kddm;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One operation of a history; written by the client that runs it.
 *
 * <p>What is read and written are {@link Stamp}s; an absent object is an empty one.
 */
final class Operation {

    /** What was asked for. */
    enum Kind {
        /** Get; an absent object is touched. */
        READ,
        /** Get that leaves an absent object absent. */
        LOOK,
        /** Grab, read, write, put. */
        UPDATE,
        /** Write without reading. */
        SET,
        /** Remove. */
        REMOVE
    }

    /** What became of it. */
    enum End {
        /** It took effect between its start and its end. */
        DONE,
        /** It may take effect at any time after its start, or never. */
        UNKNOWN,
        /** It had no effect. */
        NONE,
        /** It found that the object is lost. */
        LOST
    }

    final long number;
    final int client;
    final long object;
    final Kind kind;
    final long start;
    long stop = Long.MAX_VALUE;

    End end = End.UNKNOWN;
    Optional<Stamp> read = Optional.empty();
    boolean hasRead;

    @Nullable
    Stamp written;

    Operation(long number, int client, long object, Kind kind, long start) {
        this.number = number;
        this.client = client;
        this.object = object;
        this.kind = kind;
        this.start = start;
    }

    void saw(Optional<Stamp> stamp) {
        read = stamp;
        hasRead = true;
    }

    void ended(End how, long now) {
        end = how;
        stop = how == End.UNKNOWN ? Long.MAX_VALUE : now;
    }

    /** Tells whether an order of operations has to have a place for it. */
    boolean must() {
        return end == End.DONE || end == End.LOST;
    }

    /** Tells whether it may have changed something. */
    boolean may() {
        return end == End.UNKNOWN && (written != null || kind == Kind.REMOVE);
    }

    @Override
    public String toString() {
        return "%d client %d %s %d [%d, %s] %s%s%s"
                .formatted(
                        number,
                        client,
                        kind,
                        object,
                        start,
                        stop == Long.MAX_VALUE ? "-" : Long.toString(stop),
                        end,
                        hasRead ? " read " + read.map(Stamp::toString).orElse("nothing") : "",
                        written == null ? "" : " wrote " + written);
    }
}
