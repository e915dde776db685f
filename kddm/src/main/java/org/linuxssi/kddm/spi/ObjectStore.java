package org.linuxssi.kddm.spi;

import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * Where the default owner keeps the objects of a durable set. Operations on one object take effect in the order of their calls; no call
 * may block for long, since they come from threads that read the network.
 */
public interface ObjectStore extends AutoCloseable {

    /**
     * An object as a put left it.
     *
     * @param version counts the object's writes
     * @param data its bytes, never changed
     */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    record Stored(long version, byte[] data) {}

    /** Keeps this version unless a newer one is kept; completes when what is kept would survive a loss of power. */
    CompletionStage<Void> write(long object, Stored version);

    /** Returns what is kept of the object. */
    CompletionStage<Optional<Stored>> read(long object);

    /** Forgets the object; completes when that would survive a loss of power. */
    CompletionStage<Void> remove(long object);

    /** Completes what was begun and frees what the store holds. */
    @Override
    default void close() {}
}
