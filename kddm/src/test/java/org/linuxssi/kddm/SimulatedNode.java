package org.linuxssi.kddm;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import org.linuxssi.hotplug.Hotplug;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.NodeId;

/** One life of a node: rpc, hotplug and kddm as in a daemon, with a clock of its own. */
final class SimulatedNode {

    final NodeId id;
    final NodeTime time;
    final Rpc rpc;
    final Hotplug hotplug;
    final Kddm kddm;
    final KddmSet<Stamp> set;
    private final SimulatedDisk disk;
    boolean alive = true;
    boolean paused;

    SimulatedNode(NodeTime time, Rpc transport, Simulation simulation, long incarnation) {
        this.id = transport.self();
        this.time = time;
        this.rpc = withTime(transport, time);
        this.hotplug = simulation.membership(rpc, incarnation);
        var _ = hotplug.onView(view -> simulation.note("  " + id + ": " + view));
        this.kddm = new Kddm(simulation.spoiled(rpc), hotplug);
        this.set = kddm.open(simulation.spec(id, time));
        this.disk = simulation.disk(id);
    }

    private static Rpc withTime(Rpc rpc, NodeTime time) {
        return (Rpc)
                Proxy.newProxyInstance(Rpc.class.getClassLoader(), new Class<?>[] {Rpc.class}, (_, method, args) -> {
                    if (method.getName().equals("time")) {
                        return time;
                    }
                    try {
                        return method.invoke(rpc, args);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    /** Power loss. */
    void crash() {
        alive = false;
        disk.powerLoss();
        rpc.close();
        hotplug.close();
        kddm.close();
    }
}
