package org.linuxssi.kddm;

import org.jspecify.annotations.Nullable;

/**
 * A held object: it stays on this node until {@link #close()}, which is the original's put. Requests of others wait.
 *
 * <pre>{@code
 * try (Hold<Counter> hold = set.grab(7)) {
 *     hold.set(hold.value().next());
 * }
 * }</pre>
 *
 * <p>A hold may be closed by another thread than it was got by; it must not be used by two at once.
 *
 * @param <T> type of the object
 */
public final class Hold<T> implements AutoCloseable {

    private final Copies<T> copies;
    private final Copy<T> copy;
    private final boolean exclusive;
    private boolean open = true;

    Hold(Copies<T> copies, Copy<T> copy, boolean exclusive) {
        this.copies = copies;
        this.copy = copy;
        this.exclusive = exclusive;
    }

    /** Returns the number of the object. */
    public long object() {
        return copy.object;
    }

    /** Tells whether the object may be changed. */
    public boolean exclusive() {
        return exclusive;
    }

    /** Tells whether there is an object; there is none after {@link KddmSet#grabManual} until {@link #set}. */
    public boolean present() {
        return current() != null;
    }

    /**
     * Returns the object. Under an exclusive hold it may be changed in place.
     *
     * @throws IllegalStateException when it is absent, or the hold was closed
     */
    public T value() {
        T value = current();
        if (value == null) {
            throw new IllegalStateException(
                    "object " + copy.object + " of set " + copies.id() + " is absent: set it first");
        }
        return value;
    }

    private @Nullable T current() {
        if (!open) {
            throw new IllegalStateException(
                    "the hold on object " + copy.object + " of set " + copies.id() + " was closed");
        }
        return copy.value;
    }

    /**
     * Replaces the object; others see it after {@link #close()}.
     *
     * @throws IllegalStateException when the hold is not exclusive, or was closed
     */
    public void set(T value) {
        if (!exclusive || !open) {
            throw new IllegalStateException("object " + copy.object + " of set " + copies.id()
                    + (open ? " is held to read: use grab to write" : " is no longer held"));
        }
        copies.assign(copy, value);
    }

    /**
     * Ends the hold. With several copies configured it returns after the others have what was written; with one copy, the first put
     * of a new object returns after another node knows that the object exists. So it may wait, at most for the set's deadline.
     *
     * @throws KddmException of kind FENCED when this node was voted out meanwhile and the hold was exclusive; of kind DEADLINE when
     *     others did not confirm in time: what was written is there but may be lost with this node
     */
    @Override
    public void close() {
        if (open) {
            open = false;
            copies.put(copy, exclusive);
        }
    }

    /** Ends the hold of somebody who gave up waiting for it. */
    void giveBack() {
        if (open) {
            open = false;
            copies.giveBack(copy, exclusive);
        }
    }
}
