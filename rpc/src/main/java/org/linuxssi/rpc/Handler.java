package org.linuxssi.rpc;

import org.linuxssi.tools.NodeId;

/**
 * Answers the requests of one service.
 *
 * @param <Q> type of the request
 * @param <R> type of the reply
 */
@FunctionalInterface
public interface Handler<Q, R> {

    /**
     * Answers one request. An exception travels back to the caller as an {@link RpcException} of kind
     * {@link RpcException.Kind#REMOTE} with its message.
     *
     * @param from the node that asks (the first one, when the request was forwarded)
     * @param request what it asks
     */
    R handle(NodeId from, Q request) throws Exception;
}
