package org.linuxssi.checkpoint;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.linuxssi.capability.Capability;
import org.linuxssi.capability.Families;
import org.linuxssi.checkpoint.Order.Step;
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

    private static final Logger LOG = System.getLogger(Checkpointer.class.getName());
    private static final Duration PATIENCE = Duration.ofHours(1);
    private static final Service<Order, Result> ORDER =
            Service.of(500, "checkpoint.order", Order.CODEC, Result.CODEC, Service.Dispatch.BLOCKING);

    private final Rpc rpc;
    private final Surroundings around;
    private final Versions versions;
    private final Map<Integer, FrozenApplication> frozen = new ConcurrentHashMap<>();
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
            return new Result.Done(carryOutHere(order));
        } catch (CheckpointException refused) {
            return new Result.Refused(refused.errno().number(), String.valueOf(refused.getMessage()));
        } catch (ErrnoException problem) {
            return new Result.Refused(problem.errno().number(), String.valueOf(problem.getMessage()));
        } finally {
            busy.remove(application);
        }
    }

    private Outcome carryOutHere(Order order) throws CheckpointException {
        int number = order.pid();
        FrozenApplication former = frozen.get(number);
        if (former != null && order.has(Step.FREEZE)) {
            throw new CheckpointException(
                    Errno.EALREADY,
                    "application " + number
                            + " is frozen already: save it with -c, let it go with -u, end it with -uKILL");
        }
        if (former == null && !order.has(Step.FREEZE)) {
            throw new CheckpointException(
                    Errno.EINVAL, "application " + number + " is not frozen: freeze it with -f first");
        }
        long begin = System.nanoTime();
        FrozenApplication application = former == null ? freeze(order) : former;
        requireOwner(application, order);
        boolean done = false;
        try {
            Optional<Manifest> saved = Optional.empty();
            long bytes = 0;
            if (order.has(Step.SAVE)) {
                Saved version = save(number, application, order);
                saved = Optional.of(version.manifest());
                bytes = version.bytes();
            }
            int processes = application.size();
            boolean goesOn = finish(number, application, order);
            done = true;
            long stood = former == null && goesOn ? System.nanoTime() - begin : 0;
            return new Outcome(number, saved, processes, bytes, stood);
        } finally {
            if (!done && former == null) {
                application.close();
            }
        }
    }

    private FrozenApplication freeze(Order order) throws CheckpointException {
        try {
            return FrozenApplication.freeze(order.pid(), around, order.uid(), order.leavesOut());
        } catch (IOException problem) {
            throw new CheckpointException(
                    Errno.EIO,
                    "application " + order.pid() + " is not frozen: " + problem.getMessage() + "; it runs on");
        }
    }

    private static void requireOwner(FrozenApplication application, Order order) throws CheckpointException {
        if (order.uid() != 0 && order.uid() != application.uid()) {
            throw new CheckpointException(
                    Errno.EPERM,
                    "application " + order.pid() + " belongs to user " + application.uid()
                            + ": only that user and root may do this");
        }
    }

    private boolean finish(int number, FrozenApplication application, Order order) {
        boolean goesOn = order.has(Step.UNFREEZE) || order.has(Step.KILL);
        if (goesOn) {
            frozen.remove(number);
            if (order.signal() != 0) {
                application.signal(order.signal());
            }
            application.close();
        } else {
            frozen.put(number, application);
        }
        return goesOn;
    }

    private record Saved(Manifest manifest, long bytes) {}

    private Saved save(int number, FrozenApplication application, Order order) throws CheckpointException {
        try (Versions.Draft draft = versions.begin(number)) {
            long bytes = application.save(draft);
            Manifest manifest = new Manifest(
                    number,
                    draft.version(),
                    application.uid(),
                    System.currentTimeMillis(),
                    order.description(),
                    List.of(rpc.self()));
            Texts.writeDescription(draft.file("description.txt"), manifest);
            CheckedFile.write(draft.file("global.bin"), Manifest.CODEC, manifest);
            around.faults().reached(Phase.WRITTEN, number);
            draft.keep();
            if (order.keep() > 0) {
                prune(number, order.keep());
            }
            return new Saved(manifest, bytes);
        } catch (IOException problem) {
            Errno errno = String.valueOf(problem.getMessage()).contains("No space left") ? Errno.ENOSPC : Errno.EIO;
            throw new CheckpointException(
                    errno, "application " + number + " is not saved: " + problem.getMessage() + "; it runs on");
        }
    }

    private void prune(int number, int keep) {
        try {
            List<Integer> all = versions.numbers(number);
            for (int version : all.subList(0, Math.max(0, all.size() - keep))) {
                versions.remove(number, version);
            }
        } catch (IOException problem) {
            LOG.log(Level.WARNING, "old versions of application {0} stay: {1}", number, problem.getMessage());
        }
    }

    /** Lets all applications go on that are frozen. */
    @Override
    public void close() {
        orders.close();
        frozen.values().forEach(FrozenApplication::close);
        frozen.clear();
    }
}
