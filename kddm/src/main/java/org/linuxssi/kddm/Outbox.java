package org.linuxssi.kddm;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

    /** Sends after the step, in order for each node; messages to this node itself are handled before flush returns. */
    void send(NodeId to, Message message) {
        parcels.add(new Parcel(to, message));
    }

    /** Runs after the messages. */
    void later(Runnable wakeUp) {
        wakeUps.add(wakeUp);
    }

    void flush() {
        while (!parcels.isEmpty()) {
            List<Message> here = post();
            here.forEach(message -> engine.deliver(engine.self(), epoch, message, this));
        }
        wakeUps.forEach(Runnable::run);
        wakeUps.clear();
    }

    /** Sends what there is for each node together and returns what is for this one. */
    private List<Message> post() {
        if (parcels.size() == 1) {
            return postOnly(parcels.remove());
        }
        Map<NodeId, List<Message>> letters = new LinkedHashMap<>();
        for (Parcel parcel = parcels.poll(); parcel != null; parcel = parcels.poll()) {
            letters.computeIfAbsent(parcel.to(), _ -> new ArrayList<>(2)).add(parcel.message());
        }
        List<Message> here = letters.remove(engine.self());
        letters.forEach(
                (to, messages) -> Envelope.of(epoch, messages).forEach(envelope -> engine.transmit(to, envelope)));
        return here == null ? List.of() : here;
    }

    private List<Message> postOnly(Parcel parcel) {
        if (parcel.to().equals(engine.self())) {
            return List.of(parcel.message());
        }
        engine.transmit(parcel.to(), new Envelope(epoch, parcel.message()));
        return List.of();
    }
}
