package org.linuxssi.kddm;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.linuxssi.tools.NodeId;

/** Messages and wake-ups that a step under locks produced; they leave when the locks are free. */
final class Outbox {

    private record Parcel(NodeId to, Message message) {}

    private final Engine engine;
    private final long epoch;
    private final ArrayDeque<Parcel> parcels = new ArrayDeque<>(4);
    private final List<Runnable> wakeUps = new ArrayList<>(2);

    Outbox(Engine engine, long epoch) {
        this.engine = engine;
        this.epoch = epoch;
    }

    /** Sends after the step, in order; messages to this node itself are handled before flush returns. */
    void send(NodeId to, Message message) {
        parcels.add(new Parcel(to, message));
    }

    /** Runs after the messages. */
    void later(Runnable wakeUp) {
        wakeUps.add(wakeUp);
    }

    void flush() {
        for (Parcel parcel = parcels.poll(); parcel != null; parcel = parcels.poll()) {
            if (parcel.to().equals(engine.self())) {
                engine.deliver(parcel.to(), epoch, parcel.message(), this);
            } else {
                engine.transmit(parcel.to(), new Envelope(epoch, parcel.message()));
            }
        }
        wakeUps.forEach(Runnable::run);
        wakeUps.clear();
    }
}
