package org.linuxssi.hotplug;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.linuxssi.hotplug.Agreed.Member;
import org.linuxssi.hotplug.Messages.Beat;
import org.linuxssi.hotplug.Messages.Progress;
import org.linuxssi.hotplug.Messages.StartAnswer;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/** What this node proposes: by duty, or because it was asked to. */
final class Operations {

    private static final Logger LOG = System.getLogger(Operations.class.getName());
    private static final Duration PROMISE = Duration.ofSeconds(3);
    private static final Duration TURN = Duration.ofMillis(500);
    private static final int STABLE_BEATS = 2;

    /** What the operations need of their node. */
    interface Cluster {
        Optional<Agreed> current();

        View settled();

        boolean paused();

        /** Tells whether all changes have run through. */
        boolean calm();

        Watch watch();

        Consensus consensus();

        NodeSet suspects();

        Member asMember();

        Progress ownProgress();

        void decided(Agreed next);

        void learn(Agreed next);
    }

    private record Adding(NodeSet nodes, CompletableFuture<View> done, long since) {}

    private static final class Removing {
        final NodeSet nodes;
        final CompletableFuture<View> done;
        boolean begun;

        Removing(NodeSet nodes, CompletableFuture<View> done) {
            this.nodes = nodes;
            this.done = done;
        }
    }

    private final NodeId self;
    private final Rpc rpc;
    private final HotplugConfig config;
    private final Cluster cluster;
    private final Deque<Adding> adding = new ArrayDeque<>();
    private final Deque<Removing> removing = new ArrayDeque<>();

    private @Nullable Agreed starting;
    private NodeSet agreeing = NodeSet.EMPTY;
    private CompletableFuture<View> started = new CompletableFuture<>();
    private long promisedTo;
    private long promiseEnd;
    private NodeSet candidates = NodeSet.EMPTY;
    private long candidatesSince;
    private long dutyEpoch;
    private long dutySince;

    Operations(NodeId self, Rpc rpc, HotplugConfig config, Cluster cluster) {
        this.self = self;
        this.rpc = rpc;
        this.config = config;
        this.cluster = cluster;
    }

    private long now() {
        return rpc.time().nanos();
    }

    private static void fail(CompletableFuture<View> done, String message) {
        done.completeExceptionally(new HotplugException(message));
    }

    /** Does what is due; called at each heartbeat and after each change. */
    void duties() {
        Agreed view = cluster.current().orElse(null);
        if (view == null) {
            leftCluster();
            startTimeout();
            autostart();
            return;
        }
        NodeSet suspects = cluster.suspects();
        if (!suspects.isEmpty()) {
            if (view.quorum(view.nodes().minus(suspects), ended(view))) {
                inTurn(view, view.failed(suspects));
            }
            return;
        }
        if (cluster.calm() && !view.leaving().isEmpty()) {
            inTurn(view, refused(view) ? view.stay() : view.removed());
        } else {
            rejoin(view);
        }
        cluster.current().ifPresent(this::ask);
    }

    private NodeSet ended(Agreed view) {
        return NodeSet.of(view.members().stream()
                .filter(member -> cluster.watch().ended(member))
                .map(Member::node)
                .toList());
    }

    /** Proposes when it is this node's turn: the lowest first, the others when it does nothing. */
    private void inTurn(Agreed view, Agreed next) {
        if (dutyEpoch != next.epoch()) {
            dutyEpoch = next.epoch();
            dutySince = now();
        }
        int rank = view.nodes().minus(cluster.suspects()).toList().indexOf(self);
        if (now() - dutySince >= TURN.toNanos() * rank) {
            cluster.consensus().propose(next);
        }
    }

    private boolean refused(Agreed view) {
        return view.leaving().stream()
                .anyMatch(node -> node.equals(self)
                        ? cluster.ownProgress().refused()
                        : cluster.watch().progress(node).refused());
    }

    private void rejoin(Agreed view) {
        if (!cluster.calm() || !view.leaving().isEmpty()) {
            return;
        }
        List<Member> back = new ArrayList<>();
        for (NodeId node : cluster.watch().known().minus(view.nodes())) {
            Beat beat = cluster.watch().of(node);
            if (beat != null
                    && beat.cluster() == 0
                    && beat.reached().plus(node).containsAll(view.nodes())
                    && (beat.wantsIn() || view.lost().contains(node))) {
                back.add(new Member(node, beat.incarnation()));
            }
        }
        if (!back.isEmpty()) {
            inTurn(view, view.plus(back));
        }
    }

    private void ask(Agreed view) {
        if (!adding.isEmpty()) {
            goOn(view, adding.element());
        } else if (!removing.isEmpty()) {
            goOn(view, removing.element());
        }
    }

    private boolean free(Agreed view) {
        return cluster.calm()
                && view.leaving().isEmpty()
                && !cluster.consensus().busy()
                && cluster.settled().epoch() == view.epoch();
    }

    void add(NodeSet nodes, CompletableFuture<View> done) {
        if (mayAsk(done)) {
            adding.add(new Adding(nodes, done, now()));
            duties();
        }
    }

    private boolean mayAsk(CompletableFuture<View> done) {
        if (cluster.current().isEmpty()) {
            fail(done, "node " + self + " is not in the cluster: start the cluster, or ask one of its nodes");
            return false;
        }
        if (cluster.paused()) {
            fail(done, "node " + self + " is on the minority side of a partition and is paused");
            return false;
        }
        return true;
    }

    private void goOn(Agreed view, Adding add) {
        if (cluster.settled().members().containsAll(add.nodes())) {
            adding.remove();
            add.done().complete(cluster.settled());
            ask(view);
            return;
        }
        List<Member> joining = new ArrayList<>();
        for (NodeId node : add.nodes().minus(view.nodes())) {
            Beat beat = cluster.watch().of(node);
            if (beat == null || beat.cluster() != 0) {
                adding.remove();
                fail(
                        add.done(),
                        "node " + node
                                + (beat == null ? " is not present: start it first" : " belongs to another cluster"));
                return;
            }
            NodeSet unreached = view.nodes().minus(beat.reached());
            if (!unreached.isEmpty() && now() - add.since() < config.silence().toNanos()) {
                return;
            }
            if (!unreached.isEmpty()) {
                adding.remove();
                fail(
                        add.done(),
                        "node " + node + " does not reach nodes " + unreached
                                + " of the cluster: mend the network between them first");
                return;
            }
            joining.add(new Member(node, beat.incarnation()));
        }
        if (!joining.isEmpty() && free(view)) {
            cluster.consensus().propose(view.plus(joining));
        }
    }

    void remove(NodeSet nodes, CompletableFuture<View> done) {
        if (!mayAsk(done)) {
            return;
        }
        NodeSet members = cluster.current().map(Agreed::nodes).orElse(NodeSet.EMPTY);
        if (nodes.isEmpty() || !members.containsAll(nodes)) {
            fail(done, "nodes [" + nodes.minus(members) + "] are not online");
        } else if (nodes.containsAll(members)) {
            fail(done, "all nodes cannot be removed: at least one has to stay");
        } else {
            removing.add(new Removing(nodes, done));
            duties();
        }
    }

    private void goOn(Agreed view, Removing remove) {
        NodeSet still = view.nodes().and(remove.nodes);
        if (remove.begun && still.isEmpty()) {
            if (cluster.settled().epoch() == view.epoch()) {
                removing.remove();
                remove.done.complete(cluster.settled());
            }
        } else if (view.leaving().containsAll(still) && !still.isEmpty()) {
            remove.begun = true;
        } else if (remove.begun && view.leaving().isEmpty()) {
            removing.remove();
            fail(
                    remove.done,
                    "nodes [" + still + "] could not hand everything over and stay: their logs say what and why");
        } else if (free(view) && !still.isEmpty()) {
            cluster.consensus().propose(view.leaving(still));
        }
    }

    /** This node is no member any more: whoever waits for it has to know. */
    private void leftCluster() {
        if (!cluster.calm()) {
            return;
        }
        removing.forEach(remove -> {
            if (remove.nodes.contains(self)) {
                remove.done.complete(View.NONE);
            } else {
                fail(remove.done, "node " + self + " has left the cluster meanwhile");
            }
        });
        removing.clear();
        adding.forEach(add -> {
            if (starting == null) {
                fail(add.done(), "node " + self + " has left the cluster meanwhile");
            }
        });
        adding.clear();
    }

    void start(NodeSet nodes, CompletableFuture<View> done) {
        if (cluster.current().isPresent()) {
            fail(
                    done,
                    "the cluster is running already: " + cluster.current().get().view());
            return;
        }
        if (!cluster.calm() || starting != null) {
            fail(done, "node " + self + " is busy with another change: try again");
            return;
        }
        if (!nodes.contains(self)) {
            fail(done, "node " + self + " starts the cluster and has to be among its nodes");
            return;
        }
        List<Member> members = new ArrayList<>();
        for (NodeId node : nodes) {
            Beat beat = node.equals(self) ? null : cluster.watch().of(node);
            if (!node.equals(self) && (beat == null || beat.cluster() != 0)) {
                fail(done, "node " + node + (beat == null ? " is not present" : " is in a running cluster"));
                return;
            }
            members.add(beat == null ? cluster.asMember() : new Member(node, beat.incarnation()));
        }
        long id = cluster.asMember().incarnation() * NodeId.LIMIT + self.value();
        if (promisedTo != id && promiseEnd - now() > 0) {
            fail(done, "another node is starting the cluster");
            return;
        }
        promisedTo = id;
        promiseEnd = now() + PROMISE.toNanos();
        starting = Agreed.first(id, members);
        agreeing = NodeSet.of(self);
        started = done;
        rpc.send(nodes.minus(self), Messages.START, starting);
        startWhenAllAgree();
    }

    void startAsked(NodeId from, Agreed first) {
        String refusal = "";
        if (cluster.current().isPresent()) {
            refusal = "node " + self + " is in a running cluster";
        } else if (!cluster.calm()) {
            refusal = "node " + self + " is leaving another cluster";
        } else if (!first.has(self, cluster.asMember().incarnation())) {
            refusal = "node " + self + " was restarted meanwhile";
        } else if (promisedTo != first.cluster() && promiseEnd - now() > 0) {
            refusal = "node " + self + " takes part in the start of another cluster";
        } else {
            promisedTo = first.cluster();
            promiseEnd = now() + PROMISE.toNanos();
        }
        rpc.send(from, Messages.START_ANSWER, new StartAnswer(first.cluster(), refusal));
    }

    void startAnswered(NodeId from, StartAnswer answer) {
        Agreed first = starting;
        if (first == null || first.cluster() != answer.cluster()) {
            return;
        }
        if (!answer.refusal().isEmpty()) {
            startFailed(answer.refusal());
            return;
        }
        agreeing = agreeing.plus(from);
        startWhenAllAgree();
    }

    private void startWhenAllAgree() {
        Agreed first = starting;
        if (first != null && agreeing.containsAll(first.nodes())) {
            starting = null;
            adding.addFirst(new Adding(first.nodes(), started, now()));
            cluster.decided(first);
        }
    }

    private void startFailed(String reason) {
        starting = null;
        promiseEnd = now();
        fail(started, "the cluster was not started: " + reason);
        LOG.log(Level.INFO, () -> "the cluster was not started: " + reason);
    }

    private void startTimeout() {
        Agreed first = starting;
        if (first != null && promiseEnd - now() <= 0) {
            startFailed("nodes [" + first.nodes().minus(agreeing) + "] do not answer");
        }
    }

    private void autostart() {
        if (config.autostart().isEmpty() || starting != null || !cluster.calm()) {
            return;
        }
        NodeSet ready = NodeSet.of(self);
        for (NodeId node : cluster.watch().known()) {
            Beat beat = cluster.watch().of(node);
            if (beat != null && beat.cluster() != 0) {
                return;
            }
            ready = beat != null && beat.autostart() ? ready.plus(node) : ready;
        }
        if (!ready.equals(candidates)) {
            candidates = ready;
            candidatesSince = now();
        }
        boolean stable = now() - candidatesSince >= config.heartbeat().toNanos() * STABLE_BEATS;
        if (stable && ready.size() >= config.autostart().getAsInt() && self.equals(ready.lowest())) {
            start(ready, new CompletableFuture<>());
        }
    }
}
