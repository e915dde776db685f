package org.linuxssi.rpc;

import org.linuxssi.tools.NodeId;

/** A request that got no good answer. */
public final class RpcException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** Why there is no good answer. */
    public enum Kind {
        /** The node is not connected, or the connection broke: the request may or may not have been carried out. */
        UNREACHABLE,
        /** No answer came before the deadline: the request may or may not have been carried out. */
        DEADLINE,
        /** The caller's thread was interrupted or the call was cancelled. */
        CANCELLED,
        /** The handler failed; the message is its own. */
        REMOTE,
        /** The node serves no such service. */
        NO_SERVICE,
        /** The bytes are not those of the service's codec. */
        MALFORMED
    }

    private final Kind kind;

    /** Makes the exception of a call. */
    public RpcException(Kind kind, NodeId node, Service<?, ?> service, String detail) {
        this(kind, service + " on node " + node + ": " + detail);
    }

    /** Makes the exception with the whole message. */
    public RpcException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    /** Returns why there is no good answer. */
    public Kind kind() {
        return kind;
    }
}
