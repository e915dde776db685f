package org.linuxssi.hotplug;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import org.linuxssi.hotplug.Messages.Progress;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.Registration;
import org.linuxssi.tools.TimeSource;

/**
 * Calls the handlers of changes, stage by stage, in step with the other nodes.
 *
 * <p>Overview. Each node counts the steps that it has done and tells the others; a step begins when all participants have
 * done the steps before. Nodes that are no longer members of the newest view are not waited for. A step for which a node has
 * no handler is done as soon as the node itself gets there, so that only steps with work cost messages.
 */
final class StageRunner {

    private static final Logger LOG = System.getLogger(StageRunner.class.getName());
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** What the runner needs of its node. */
    interface Surroundings {
        /** Tells the others of {@link #progress}. */
        void announce();

        /** All steps are done on all participants. */
        void finished(Change change);

        Progress progressOf(NodeId node);

        /** Tells whether this node has to be waited for at all. */
        boolean counts(NodeId node, Change change);

        void post(Runnable task);
    }

    private final Map<Stage, List<HotplugHandler>> handlers = new EnumMap<>(Stage.class);
    private final Deque<Change> changes = new ArrayDeque<>();
    private final TimeSource time;
    private final Surroundings surroundings;
    private Progress progress = new Progress(0, 0, false);
    private boolean running;
    private long generation;
    private long begun;

    StageRunner(TimeSource time, Surroundings surroundings) {
        this.time = time;
        this.surroundings = surroundings;
        for (Stage stage : Stage.values()) {
            handlers.put(stage, new CopyOnWriteArrayList<>());
        }
    }

    private List<HotplugHandler> of(Stage stage) {
        return handlers.getOrDefault(stage, List.of());
    }

    Registration register(Stage stage, HotplugHandler handler) {
        of(stage).add(handler);
        return () -> of(stage).remove(handler);
    }

    Progress progress() {
        return progress;
    }

    boolean idle() {
        return changes.isEmpty();
    }

    /**
     * Takes up a change after those that came before. A node that was voted out does not go on with those: what their handlers wait
     * for may never come.
     */
    void add(Change change) {
        if (change.role() == Change.Role.VOTED_OUT) {
            changes.clear();
            running = false;
            generation++;
        }
        changes.add(change);
        if (changes.size() == 1) {
            begin(change);
            surroundings.announce();
        }
        advance();
    }

    private void begin(Change change) {
        boolean stillRefuses = progress.refused() && change.view().leaving().contains(change.self());
        progress = new Progress(change.epoch(), 0, stillRefuses);
        begun = time.nanos();
    }

    /** Goes on as far as possible; to be called whenever something changed. */
    void advance() {
        Progress before = progress;
        boolean more = true;
        while (more && !running) {
            Change change = changes.peek();
            more = change != null && (progress.steps() < change.steps() ? step(change) : finish(change));
        }
        if (!progress.equals(before)) {
            surroundings.announce();
        }
    }

    private boolean step(Change change) {
        Change.Step step = change.step(progress.steps());
        List<HotplugHandler> concerned = step.event().isPresent() ? of(step.stage()) : List.of();
        if (concerned.isEmpty()) {
            done(false);
            return true;
        }
        if (waits(change, progress.steps())) {
            return false;
        }
        running = true;
        long mine = generation;
        HotplugEvent event = step.event().get();
        var _ = call(step.stage(), event, concerned)
                .whenComplete((_, failure) -> surroundings.post(() -> {
                    if (mine == generation) {
                        running = false;
                        done(failure != null && change.refusable(event));
                        surroundings.announce();
                        advance();
                    }
                }));
        return true;
    }

    private void done(boolean refused) {
        progress = new Progress(progress.epoch(), progress.steps() + 1, progress.refused() || refused);
    }

    private boolean finish(Change change) {
        if (waits(change, change.steps())) {
            return false;
        }
        changes.remove();
        surroundings.finished(change);
        Change next = changes.peek();
        if (next != null) {
            begin(next);
        }
        return next != null;
    }

    private boolean waits(Change change, int steps) {
        return change.participants().anyMatch(node -> behind(node, change, steps));
    }

    private boolean behind(NodeId node, Change change, int steps) {
        int needed = Math.min(Math.max(steps, change.floor()), change.theirSteps());
        return !surroundings.progressOf(node).reached(change.epoch(), needed) && surroundings.counts(node, change);
    }

    private NodeSet waitingFor(Change change, int steps) {
        return NodeSet.of(change.participants()
                .filter(node -> behind(node, change, steps))
                .toList());
    }

    private CompletionStage<?> call(Stage stage, HotplugEvent event, List<HotplugHandler> concerned) {
        List<HotplugHandler> ordered = new ArrayList<>(concerned);
        if (event instanceof HotplugEvent.Remove) {
            Collections.reverse(ordered);
        }
        CompletionStage<?> all = CompletableFuture.completedFuture(event);
        boolean[] failed = new boolean[1];
        for (HotplugHandler handler : ordered) {
            all = all.thenCompose(_ -> guarded(stage, event, handler, failed));
        }
        return all.thenAccept(_ -> {
            if (failed[0]) {
                throw new HotplugException("a handler of stage " + stage + " failed");
            }
        });
    }

    private static CompletionStage<?> guarded(
            Stage stage, HotplugEvent event, HotplugHandler handler, boolean[] failed) {
        CompletionStage<?> work;
        try {
            work = handler.handle(event);
        } catch (RuntimeException e) {
            work = CompletableFuture.failedFuture(e);
        }
        return work.handle((_, failure) -> {
            if (failure != null) {
                failed[0] = true;
                LOG.log(Level.ERROR, "stage " + stage + ": a handler failed for " + event, failure);
            }
            return stage;
        });
    }

    /** Says whom the change waits for when it takes long. */
    void complain() {
        Change change = changes.peek();
        if (change == null || time.nanos() - begun < PATIENCE.toNanos()) {
            return;
        }
        begun = time.nanos();
        String at = progress.steps() < change.steps()
                ? "stage " + change.step(progress.steps()).stage()
                : "the end";
        String why = running
                ? "a handler of this node is still at work"
                : "waiting for nodes " + waitingFor(change, progress.steps());
        LOG.log(Level.WARNING, () -> "change to view " + change.epoch() + " is at " + at + ": " + why);
    }
}
