package org.linuxssi.kddm;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.NodeId;

/** Lets a test see each envelope that a node sends. */
final class WatchedRpc {

    /** Sees an envelope before it leaves. */
    @FunctionalInterface
    interface Watcher {
        /** It is about to leave. */
        void leaves(NodeId to, Envelope envelope);
    }

    private WatchedRpc() {}

    static Rpc of(Rpc rpc, Watcher watcher) {
        return (Rpc)
                Proxy.newProxyInstance(Rpc.class.getClassLoader(), new Class<?>[] {Rpc.class}, (_, method, args) -> {
                    if (method.getName().equals("send") && args[2] instanceof Envelope it) {
                        watcher.leaves((NodeId) args[0], it);
                    }
                    try {
                        return method.invoke(rpc, args);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }
}
