package org.linuxssi.kddm;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.rpc.Service;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.Registration;

/** Tells nodes what became of what they announced, until they confirm or the view changes. */
final class Settling implements AutoCloseable {

    private static final Duration DEADLINE = Duration.ofSeconds(5);
    private static final Duration AGAIN = Duration.ofMillis(100);

    static final Service<Settlement, Codec.Nothing> SETTLE =
            Service.of(103, "kddm-settle", Settlement.CODEC, Codec.NOTHING, Service.Dispatch.INLINE);

    private final Engine engine;
    private final Rpc rpc;
    private final Registration served;

    Settling(Engine engine, Rpc rpc) {
        this.engine = engine;
        this.rpc = rpc;
        this.served = rpc.serve(SETTLE, (from, settlement) -> {
            settle(from, settlement);
            return Codec.Nothing.NOTHING;
        });
    }

    private void settle(NodeId from, Settlement settlement) {
        Outbox out = new Outbox(engine, settlement.epoch());
        settlement.list().forEach(it -> engine.deliver(from, settlement.epoch(), it, out));
        out.flush();
    }

    /** Completes when the node has confirmed all; never, when the view changes before. */
    CompletableFuture<Void> send(NodeId to, long epoch, List<Message.Settle> list) {
        List<CompletableFuture<Void>> parts = new ArrayList<>();
        for (int start = 0; start < list.size(); start += Announce.LIMIT) {
            int end = Math.min(list.size(), start + Announce.LIMIT);
            CompletableFuture<Void> done = new CompletableFuture<>();
            send(to, new Settlement(epoch, List.copyOf(list.subList(start, end))), done);
            parts.add(done);
        }
        return CompletableFuture.allOf(parts.toArray(CompletableFuture[]::new));
    }

    private void send(NodeId to, Settlement part, CompletableFuture<Void> done) {
        if (to.equals(rpc.self())) {
            settle(to, part);
            done.complete(null);
            return;
        }
        var _ = rpc.ask(to, SETTLE, part, DEADLINE).whenComplete((_, error) -> {
            if (error == null) {
                done.complete(null);
            } else if (engine.members().epoch() == part.epoch() && !engine.closed()) {
                rpc.time().after(AGAIN, () -> send(to, part, done));
            }
        });
    }

    @Override
    public void close() {
        served.close();
    }
}
