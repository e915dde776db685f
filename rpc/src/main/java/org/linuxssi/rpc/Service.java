package org.linuxssi.rpc;

import org.linuxssi.tools.Codec;

/**
 * A kind of request that nodes answer, known to all of them by its number.
 *
 * <pre>{@code
 * static final Service<Ping, Pong> PING = Service.of(17, "ping", Ping.CODEC, Pong.CODEC, Dispatch.INLINE);
 * }</pre>
 *
 * @param id 1 to 65535, the same on all nodes; each module has a block of its own ({@code docs/architecture/overview.md})
 * @param name for messages and statistics
 * @param request codec of what is asked; decoders must bound all they read
 * @param reply codec of the answer, {@link Codec#NOTHING} where only completion matters
 * @param dispatch where the handler runs
 * @param <Q> type of the request
 * @param <R> type of the reply
 */
public record Service<Q, R>(int id, String name, Codec<Q> request, Codec<R> reply, Dispatch dispatch) {

    /** Where handlers run. */
    public enum Dispatch {
        /** On the thread that reads the connection, in order of arrival: short handlers that never block. */
        INLINE,
        /** On a thread of its own, where it may block; no order between requests. */
        BLOCKING
    }

    /** Checks the number. */
    public Service {
        if (id < 1 || id > 0xffff) {
            throw new IllegalArgumentException("service id " + id + " is not in 1-65535");
        }
    }

    /** Returns the service. */
    public static <Q, R> Service<Q, R> of(int id, String name, Codec<Q> request, Codec<R> reply, Dispatch dispatch) {
        return new Service<>(id, name, request, reply, dispatch);
    }

    @Override
    public String toString() {
        return name + "(" + id + ")";
    }
}
