package org.linuxssi.kddm;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Random;
import org.linuxssi.rpc.Rpc;

/** Messages without answers get lost, or come twice, as around a connection that breaks and comes back. */
final class LossyRpc {

    private LossyRpc() {}

    /** Returns the same node with a chance that a sent message is lost, and the same that it comes twice. */
    static Rpc of(Rpc rpc, Random random, double chance) {
        return (Rpc)
                Proxy.newProxyInstance(Rpc.class.getClassLoader(), new Class<?>[] {Rpc.class}, (_, method, args) -> {
                    double fate;
                    synchronized (random) {
                        fate = random.nextDouble();
                    }
                    boolean message = method.getName().equals("send");
                    if (message && fate < chance) {
                        return null;
                    }
                    try {
                        if (message && fate > 1 - chance) {
                            method.invoke(rpc, args);
                        }
                        return method.invoke(rpc, args);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }
}
