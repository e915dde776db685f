package org.linuxssi.kddm;

import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.linuxssi.kddm.Operation.End;
import org.linuxssi.kddm.Operation.Kind;

/** Uses the set of a simulated node, one operation after the other, and writes down what it asked for and what it got. */
final class Client {

    private static final int MOST = 60;

    private final Simulation simulation;
    private final SimulatedNode node;
    private final int number;
    private final Random random;

    Client(Simulation simulation, SimulatedNode node, int number, Random random) {
        this.simulation = simulation;
        this.node = node;
        this.number = number;
        this.random = random;
    }

    void run() {
        for (int i = 0; i < MOST && node.alive && !simulation.over(); i++) {
            pause(random.nextInt(4) == 0 ? random.nextInt(900_000) : random.nextInt(2_000));
            if (node.alive && !simulation.over()) {
                step(random.nextInt(simulation.shape().objects()));
            }
        }
    }

    private void pause(int micros) {
        CompletableFuture<Boolean> passed = new CompletableFuture<>();
        node.time.after(Duration.ofNanos(1000L * micros), () -> passed.complete(true));
        try {
            node.time.await(passed);
        } catch (InterruptedException | ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private void step(long object) {
        int dice = random.nextInt(100);
        if (dice < 8) {
            giveUp(object);
            return;
        }
        Kind kind = dice < 45 ? Kind.READ : dice < 50 ? Kind.LOOK : dice < 88 ? Kind.UPDATE : rare(dice);
        Operation operation = simulation.begin(number, object, kind);
        End end;
        try {
            act(operation, object);
            end = End.DONE;
        } catch (KddmException failed) {
            end = failed.kind() == KddmException.Kind.LOST ? End.LOST : unless(operation);
        }
        if (!node.alive) {
            end = unless(operation);
        }
        operation.ended(end, simulation.time().nanos());
        if (end == End.LOST) {
            mend(object);
        }
    }

    private Kind rare(int dice) {
        return simulation.shape().updatesOnly() ? Kind.UPDATE : dice < 96 ? Kind.SET : Kind.REMOVE;
    }

    /** What failed had an effect only if it wrote. */
    private static End unless(Operation operation) {
        return operation.written != null || operation.kind == Kind.REMOVE ? End.UNKNOWN : End.NONE;
    }

    private void act(Operation operation, long object) {
        KddmSet<Stamp> set = node.set;
        switch (operation.kind) {
            case READ -> operation.saw(Optional.of(set.read(object)));
            case LOOK -> operation.saw(set.readNoFirstTouch(object));
            case UPDATE -> update(operation, object);
            case SET -> {
                Stamp stamp = new Stamp(operation.number << 20, operation.number);
                operation.written = stamp;
                set.setObject(object, stamp);
            }
            case REMOVE -> set.removeObject(object);
        }
    }

    private void update(Operation operation, long object) {
        boolean attempt = random.nextInt(6) == 0;
        try (Hold<Stamp> hold = attempt ? node.set.tryGrab(object) : node.set.grab(object)) {
            Stamp before = hold.value();
            operation.saw(Optional.of(before));
            if (random.nextInt(5) == 0) {
                pause(random.nextInt(3_000));
            }
            Stamp next = before.next(operation.number);
            operation.written = next;
            hold.set(next);
        }
    }

    private void giveUp(long object) {
        try {
            node.set.flushObject(object);
        } catch (KddmException noOtherNode) {
            pause(1);
        }
    }

    /** Makes a lost object anew. */
    private void mend(long object) {
        Operation operation = simulation.begin(number, object, Kind.SET);
        End end = End.DONE;
        try {
            act(operation, object);
        } catch (KddmException failed) {
            end = End.UNKNOWN;
        }
        operation.ended(node.alive ? end : End.UNKNOWN, simulation.time().nanos());
    }
}
