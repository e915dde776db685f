package org.linuxssi.kddm;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.NodeId;

/** Lets a test see each message that a node sends, one by one, and keep some of them from leaving. */
final class SingleMessages {

    /** Decides. */
    @FunctionalInterface
    interface Watcher {
        /** Tells whether a message leaves. */
        boolean leaves(NodeId to, long epoch, Message message);
    }

    private SingleMessages() {}

    static void send(Rpc rpc, NodeId to, long epoch, Message message) {
        rpc.send(to, Engine.OBJECT, new Envelope(epoch, message));
    }

    static Rpc of(Rpc rpc, Watcher watcher) {
        return (Rpc)
                Proxy.newProxyInstance(Rpc.class.getClassLoader(), new Class<?>[] {Rpc.class}, (_, method, args) -> {
                    if (method.getName().equals("send") && args[2] instanceof Envelope it) {
                        NodeId to = (NodeId) args[0];
                        it.messages().stream()
                                .filter(message -> watcher.leaves(to, it.epoch(), message))
                                .forEach(message -> send(rpc, to, it.epoch(), message));
                        return null;
                    }
                    try {
                        return method.invoke(rpc, args);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }
}
