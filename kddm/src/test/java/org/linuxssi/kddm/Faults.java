package org.linuxssi.kddm;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/** What goes wrong in a simulation: never more at a time than the set of it has to stand. */
final class Faults {

    private static final int MOST_WAIT = 2500;

    private final Simulation simulation;
    private final Random random;
    private boolean killed;
    private boolean busy;

    Faults(Simulation simulation, Random random) {
        this.simulation = simulation;
        this.random = random;
    }

    /** Tells whether a node died, or may have been voted out. */
    boolean killed() {
        return killed;
    }

    void begin() {
        simulation.time().after(Duration.ofMillis(random.nextInt(MOST_WAIT)), this::strike);
    }

    private void strike() {
        if (simulation.over()) {
            return;
        }
        if (!busy && steady()) {
            act();
        }
        begin();
    }

    /** Tells whether the last fault is over: all nodes are members, and all objects have their copies, unless stores have them. */
    private boolean steady() {
        return simulation.nodes().values().stream()
                .allMatch(node -> node.alive
                        && node.hotplug.settled().members().size()
                                == simulation.shape().nodes()
                        && node.kddm.ready(node.hotplug.view().epoch()).isDone()
                        && (simulation.shape().durable() || node.kddm.replicated()));
    }

    private SimulatedNode anyNode() {
        List<SimulatedNode> all = List.copyOf(simulation.nodes().values());
        return all.get(random.nextInt(all.size()));
    }

    private void act() {
        SimulatedNode node = anyNode();
        SimulatedNode other = anyNode();
        switch (random.nextInt(simulation.shape().durable() ? 10 : 7)) {
            case 0 -> crash(node);
            case 1 -> isolate(node, random.nextInt(8000));
            case 2 -> cut(node.id, other.id);
            case 3 -> reset(node, other);
            case 4 -> pause(node, random.nextInt(random.nextBoolean() ? 300 : 6000));
            case 5 -> remove(node, other);
            case 7 -> blackout(random.nextInt(1500));
            case 8 -> crashFew(node, other);
            case 9 -> stall(node, random.nextInt(4000));
            default -> reset(node, other);
        }
    }

    private void later(int millis, Runnable task) {
        busy = true;
        simulation.time().after(Duration.ofMillis(millis), () -> {
            busy = false;
            task.run();
        });
    }

    private void crash(SimulatedNode node) {
        killed = true;
        simulation.note("crash of " + node.id);
        simulation.noteCopies();
        node.crash();
        later(100 + random.nextInt(6000), () -> restart(node));
    }

    /** Takes the power of two nodes where a majority stays. */
    private void crashFew(SimulatedNode node, SimulatedNode other) {
        if (!node.id.equals(other.id) && simulation.shape().nodes() == 5) {
            simulation.note("crash of " + other.id);
            other.crash();
            later(100 + random.nextInt(6000), () -> restart(other));
        }
        crash(node);
    }

    /** Takes the power of all nodes when their disks have been behind for a while. */
    private void blackout(int millis) {
        simulation.nodes().values().forEach(node -> stall(node, random.nextInt(2 * millis + 1)));
        later(millis, this::crashAll);
    }

    private void crashAll() {
        killed = true;
        simulation.note("crash of all");
        simulation.noteCopies();
        List<SimulatedNode> all = List.copyOf(simulation.nodes().values());
        all.forEach(SimulatedNode::crash);
        all.forEach(node -> later(100 + random.nextInt(3000), () -> restart(node)));
    }

    private void stall(SimulatedNode node, int millis) {
        simulation.note("the disk of " + node.id + " stands still for " + millis + " ms");
        simulation.disk(node.id).stall(Duration.ofMillis(millis));
    }

    private void restart(SimulatedNode node) {
        simulation.note("restart of " + node.id);
        simulation.restart(node.id);
    }

    private NodeSet others(SimulatedNode node) {
        return NodeSet.first(simulation.shape().nodes()).minus(node.id);
    }

    private void isolate(SimulatedNode node, int millis) {
        killed = true;
        simulation.note("cut off " + node.id + " for " + millis + " ms");
        simulation.network().cut(NodeSet.of(node.id), others(node));
        later(millis, () -> {
            simulation.note("heal " + node.id);
            simulation.network().heal();
        });
    }

    private void cut(NodeId one, NodeId other) {
        if (!one.equals(other)) {
            killed = true;
            int millis = random.nextInt(8000);
            simulation.note("cut " + one + " and " + other + " for " + millis + " ms");
            simulation.network().cut(one, other);
            later(millis, () -> {
                simulation.note("heal " + one + " and " + other);
                simulation.network().heal();
            });
        }
    }

    private void reset(SimulatedNode node, SimulatedNode other) {
        if (!node.id.equals(other.id)) {
            simulation.note("reset " + node.id + " and " + other.id);
            node.rpc.disconnect(other.id, "simulated");
        }
    }

    private void pause(SimulatedNode node, int millis) {
        killed = true;
        simulation.note("pause of " + node.id + " for " + millis + " ms");
        node.time.pause();
        node.paused = true;
        simulation.network().cut(NodeSet.of(node.id), others(node));
        later(millis, () -> wake(node));
    }

    private void wake(SimulatedNode node) {
        simulation.note("end of the pause of " + node.id);
        node.paused = false;
        node.time.resume();
        simulation.network().heal();
    }

    private void remove(SimulatedNode node, SimulatedNode by) {
        simulation.note("remove " + node.id + " by " + by.id);
        var _ = by.hotplug.remove(NodeSet.of(node.id));
    }

    void healAll() {
        simulation.note("all is healed");
        for (NodeId id : NodeSet.first(simulation.shape().nodes())) {
            SimulatedNode node = Objects.requireNonNull(simulation.nodes().get(id));
            if (node.paused) {
                node.paused = false;
                node.time.resume();
            }
        }
        simulation.network().heal();
    }
}
