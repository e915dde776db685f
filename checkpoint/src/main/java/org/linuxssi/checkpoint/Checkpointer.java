package org.linuxssi.checkpoint;

import java.time.Duration;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.linuxssi.capability.Capability;
import org.linuxssi.capability.Families;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.rpc.RpcException;
import org.linuxssi.rpc.Service;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.Registration;

/** Saves applications of this node, and passes orders for those of other nodes on. */
public final class Checkpointer implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofHours(1);
    private static final Service<Order, Result> ORDER =
            Service.of(500, "checkpoint.order", Order.CODEC, Result.CODEC, Service.Dispatch.BLOCKING);

    private final Rpc rpc;
    private final Surroundings around;
    private final Versions versions;
    private final Map<Integer, StandingStill> frozen = new ConcurrentHashMap<>();
    private final Set<Integer> busy = ConcurrentHashMap.newKeySet();
    private final Registration orders;

    /** Starts to serve orders for applications of this node. */
    public Checkpointer(Rpc rpc, Surroundings around, Versions versions) {
        this.rpc = rpc;
        this.around = around;
        this.versions = versions;
        orders = rpc.serve(ORDER, (from, order) -> execute(order));
    }

    /** What became of an order. */
    private sealed interface Result {
        int TEXT = 65536;

        Codec<Result> CODEC = Codec.of(
                (result, out) -> {
                    switch (result) {
                        case Done(Outcome outcome) -> out.bool(true).value(outcome, Outcome.CODEC);
                        case Refused(int errno, String text) ->
                            out.bool(false).i32(errno).text(text.substring(0, Math.min(text.length(), TEXT / 4)));
                    }
                },
                in -> in.bool() ? new Done(in.value(Outcome.CODEC)) : new Refused(in.i32(), in.text(TEXT)));

        record Done(Outcome outcome) implements Result {}

        record Refused(int errno, String text) implements Result {}
    }

    /**
     * Freezes, saves and lets go an application, or some of that.
     *
     * @throws CheckpointException ESRCH when there is no such process; EPERM for one that is not checkpointable, or another
     *     user's; EALREADY when it is frozen already or being saved, EINVAL when it is to be frozen and is not; EAGAIN when it
     *     holds what cannot be saved; EIO, ENOSPC and the like when the version cannot be written. The application is as it
     *     was then.
     */
    public Outcome carryOut(Order order) throws CheckpointException {
        return switch (passOn(order)) {
            case Result.Done(Outcome outcome) -> outcome;
            case Result.Refused(int errno, String text) -> throw new CheckpointException(Errno.of(errno), text);
        };
    }

    private Result passOn(Order order) {
        try {
            Families families = around.capabilities().families();
            int application = application(order, families);
            NodeId node = families.members(application).stream()
                    .findFirst()
                    .orElseThrow(() -> new CheckpointException(Errno.ESRCH, "there is no application " + application))
                    .node();
            Order exact = new Order(
                    application,
                    true,
                    order.uid(),
                    order.steps(),
                    order.signal(),
                    order.description(),
                    order.leavesOut(),
                    order.keep());
            return node.equals(rpc.self()) ? execute(exact) : rpc.call(node, ORDER, exact, PATIENCE);
        } catch (CheckpointException refused) {
            return new Result.Refused(refused.errno().number(), String.valueOf(refused.getMessage()));
        } catch (ErrnoException problem) {
            return new Result.Refused(problem.errno().number(), String.valueOf(problem.getMessage()));
        } catch (RpcException lost) {
            return new Result.Refused(Errno.EAGAIN.number(), String.valueOf(lost.getMessage()));
        }
    }

    private static int application(Order order, Families families) throws CheckpointException {
        if (order.application()) {
            return order.pid();
        }
        families.get(order.pid());
        OptionalInt application = families.application(order.pid());
        return application.orElseThrow(() -> new CheckpointException(
                Errno.EPERM,
                "pid " + order.pid() + " lacks " + Capability.CHECKPOINTABLE
                        + ": start it with krgcr-run, or use krgcapset -d +CHECKPOINTABLE in its shell before"));
    }

    private Result execute(Order order) {
        int application = order.pid();
        if (!busy.add(application)) {
            return new Result.Refused(
                    Errno.EALREADY.number(), "application " + application + " is being saved already");
        }
        try {
            return new Result.Done(new Checkpoint(around, versions, frozen, order).carryOut());
        } catch (CheckpointException refused) {
            return new Result.Refused(refused.errno().number(), String.valueOf(refused.getMessage()));
        } catch (ErrnoException problem) {
            return new Result.Refused(problem.errno().number(), String.valueOf(problem.getMessage()));
        } finally {
            busy.remove(application);
        }
    }

    /** Takes over an application that stands still. */
    void keep(int application, StandingStill standing) {
        frozen.put(application, standing);
    }

    /** Lets all applications go on that are frozen. */
    @Override
    public void close() {
        orders.close();
        frozen.values().forEach(StandingStill::close);
        frozen.clear();
    }
}
