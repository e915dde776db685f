package org.linuxssi.rpc;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.linuxssi.rpc.RpcException.Kind;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.TimeSource;

/** The requests of this node that have no answer yet. */
final class Calls {

    private final Map<Long, Call<?>> pending = new ConcurrentHashMap<>();
    private final AtomicLong numbers;
    private final TimeSource time;
    private final Canceller canceller;
    private volatile long nextSweep;
    private volatile boolean sweeping;

    /** Tells the node that handles the request. */
    interface Canceller {
        void cancel(Call<?> call);
    }

    Calls(TimeSource time, long incarnation, Canceller canceller) {
        this.time = time;
        this.canceller = canceller;
        numbers = new AtomicLong(incarnation << 32);
    }

    /** One request; its future is cancelled by its user. */
    final class Call<R> extends CompletableFuture<R> {
        final long number = numbers.incrementAndGet();
        final Service<?, R> service;
        final long end;
        volatile NodeId target;

        Call(NodeId target, Service<?, R> service, Duration deadline) {
            this.target = target;
            this.service = service;
            end = time.nanos() + deadline.toNanos();
        }

        @Override
        public boolean cancel(boolean mayInterrupt) {
            boolean cancelled = super.cancel(mayInterrupt);
            if (pending.remove(number) != null) {
                canceller.cancel(this);
            }
            return cancelled;
        }

        @Override
        public <U> CompletableFuture<U> newIncompleteFuture() {
            return new CompletableFuture<>();
        }

        void fail(Kind kind, String detail) {
            pending.remove(number);
            completeExceptionally(new RpcException(kind, target, service, detail));
        }

        void reply(byte[] payload) {
            R value;
            try {
                value = service.reply().fromBytes(payload);
            } catch (RuntimeException bad) {
                fail(Kind.MALFORMED, "reply: " + bad.getMessage());
                return;
            }
            complete(value);
        }
    }

    <R> Call<R> begin(NodeId target, Service<?, R> service, Duration deadline) {
        Call<R> call = new Call<>(target, service, deadline);
        pending.put(call.number, call);
        if (!sweeping || call.end - nextSweep < 0) {
            arm(call.end);
        }
        return call;
    }

    @Nullable
    Call<?> find(long number) {
        return pending.get(number);
    }

    @Nullable
    Call<?> take(long number) {
        return pending.remove(number);
    }

    /** Fails the calls that this node was to answer. */
    void lost(NodeId peer) {
        pending.values().stream()
                .filter(call -> call.target.equals(peer))
                .forEach(call -> call.fail(Kind.UNREACHABLE, "the connection was lost"));
    }

    void failAll(String reason) {
        pending.values().forEach(call -> call.fail(Kind.UNREACHABLE, reason));
    }

    private synchronized void arm(long end) {
        if (!sweeping || end - nextSweep < 0) {
            sweeping = true;
            nextSweep = end;
            time.after(Duration.ofNanos(end - time.nanos()), () -> sweep(end));
        }
    }

    private void sweep(long armedFor) {
        synchronized (this) {
            if (nextSweep != armedFor) {
                return;
            }
            sweeping = false;
        }
        long now = time.nanos();
        for (Call<?> call : pending.values()) {
            if (call.end - now <= 0) {
                call.fail(Kind.DEADLINE, "no answer in time");
                canceller.cancel(call);
            } else {
                arm(call.end);
            }
        }
    }
}
