package org.linuxssi.hotplug;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.linuxssi.hotplug.Agreed.Kind;
import org.linuxssi.hotplug.Agreed.Member;
import org.linuxssi.hotplug.Messages.Beat;
import org.linuxssi.hotplug.Messages.Progress;
import org.linuxssi.hotplug.Messages.Pulse;
import org.linuxssi.hotplug.Messages.Vote;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.rpc.RpcException;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.Registration;

/** One node's part in the membership. All state belongs to the mailbox; readers see copies. */
final class HotplugNode
        implements Hotplug, Consensus.Surroundings, StageRunner.Surroundings, Operations.Cluster, Rounds.Surroundings {

    private static final Logger LOG = System.getLogger(HotplugNode.class.getName());
    private static final Duration POWEROFF_LIMIT = Duration.ofSeconds(3);

    private final Rpc rpc;
    private final HotplugConfig config;
    private final NodeId self;
    private final Mailbox mailbox = new Mailbox(this::publish);
    private final Watch watch;
    private final Opinion opinion;
    private final Consensus consensus;
    private final StageRunner runner;
    private final Operations operations;
    private final Rounds rounds;
    private final Audience audience;
    private final Relays relays;
    private final List<PauseListener> pauseListeners = new CopyOnWriteArrayList<>();
    private final List<ViewListener> viewListeners = new CopyOnWriteArrayList<>();
    private final Set<NodeId> silent = ConcurrentHashMap.newKeySet();
    private final List<PoweroffListener> poweroffListeners = new CopyOnWriteArrayList<>();
    private final List<Registration> registrations = new ArrayList<>();

    private final ViewLog log = new ViewLog();
    private Optional<Agreed> current = Optional.empty();
    private long incarnation;
    private boolean wantsIn;
    private boolean votedOut;
    private volatile View settled = View.NONE;
    private volatile View view = View.NONE;
    private Published published = new Published(View.NONE, View.NONE, -1);
    private volatile boolean paused;
    private volatile Map<NodeId, NodeState> states = Map.of();
    private volatile boolean closed;
    /** Until when a quorum can be relied on; empty: always. */
    private volatile OptionalLong reliance = OptionalLong.empty();

    /** What the states of nodes were made from. */
    private record Published(View view, View settled, long watched) {}

    HotplugNode(Rpc rpc, HotplugConfig config) {
        this.rpc = rpc;
        this.config = config;
        self = rpc.self();
        incarnation = config.incarnation();
        watch = new Watch(rpc.time(), config);
        opinion = new Opinion(self, watch, this::large);
        consensus = new Consensus(self, rpc.time(), this, this::ended);
        runner = new StageRunner(rpc.time(), this);
        operations = new Operations(self, rpc, config, this);
        rounds = new Rounds(self, rpc.time(), watch, config.heartbeat(), this);
        audience = new Audience(config.mesh());
        relays = new Relays(rpc, watch, audience);
        publish();
    }

    @Override
    public NodeId self() {
        return self;
    }

    @Override
    public View view() {
        return view;
    }

    @Override
    public View settled() {
        return settled;
    }

    @Override
    public Map<NodeId, NodeState> states() {
        return states;
    }

    @Override
    public boolean paused() {
        return paused;
    }

    @Override
    public boolean trusted() {
        OptionalLong until = reliance;
        return !paused && (until.isEmpty() || until.getAsLong() - rpc.time().nanos() > 0);
    }

    @Override
    public Registration register(Stage stage, HotplugHandler handler) {
        return runner.register(stage, handler);
    }

    private static <L> Registration register(List<L> listeners, L listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    @Override
    public Registration onPause(PauseListener listener) {
        return register(pauseListeners, listener);
    }

    @Override
    public Registration onView(ViewListener listener) {
        return register(viewListeners, listener);
    }

    @Override
    public Registration onPoweroff(PoweroffListener listener) {
        return register(poweroffListeners, listener);
    }

    @Override
    public void start() {
        registrations.add(rpc.serve(Messages.BEAT, (from, beat) -> posted(() -> beat(from, beat))));
        registrations.add(rpc.serve(Messages.HEARD, (from, sent) -> posted(() -> heard(from, sent))));
        registrations.add(rpc.serve(Messages.VOTE, (from, vote) -> posted(() -> consensus.vote(from, vote))));
        registrations.add(rpc.serve(Messages.DECIDED, (_, views) -> posted(() -> views.forEach(this::learn))));
        registrations.add(rpc.serve(Messages.START, (from, first) -> posted(() -> operations.startAsked(from, first))));
        registrations.add(rpc.serve(
                Messages.START_ANSWER, (from, answer) -> posted(() -> operations.startAnswered(from, answer))));
        registrations.add(rpc.serve(Messages.PULSE, (from, pulse) -> posted(() -> pulse(from, pulse))));
        registrations.add(rpc.serve(Messages.RELAY, (from, about) -> posted(() -> relays.asked(from, about))));
        registrations.add(rpc.serve(Messages.RELAYED, (_, known) -> posted(() -> relays.answered(known))));
        registrations.add(rpc.serve(Messages.POWEROFF, (_, reboot) -> posted(() -> poweredOff(reboot))));
        registrations.add(rpc.onConnection((peer, connected) -> post(() -> connection(peer, connected))));
        registrations.add(rpc.onRefusal(peer -> post(() -> refused(peer))));
        post(() -> rpc.connected().forEach(peer -> connection(peer, true)));
        tick();
    }

    private Codec.Nothing posted(Runnable task) {
        post(task);
        return Codec.Nothing.NOTHING;
    }

    @Override
    public void post(Runnable task) {
        mailbox.post(task);
    }

    private void tick() {
        if (closed) {
            return;
        }
        post(this::live);
        rpc.time().after(config.heartbeat(), this::tick);
    }

    private void live() {
        watch.tick();
        rpc.send(audience.next(current, rpc.connected()), Messages.BEAT, ownBeat());
        current.filter(this::large).ifPresent(relays::ask);
        check();
        runner.advance();
        runner.complain();
    }

    /** Looks after what may be due. */
    private void check() {
        current.ifPresent(this::rely);
        current.ifPresent(this::checkQuorum);
        drop(suspects().minus(ended()), "silent for too long");
        operations.duties();
    }

    /** Has all fail that waits for these nodes. */
    private void drop(NodeSet nodes, String reason) {
        for (NodeId node : nodes.and(rpc.connected())) {
            if (watch.quiet(node)) {
                silent.add(node);
            }
            rpc.disconnect(node, reason);
        }
    }

    @Override
    public boolean fellSilent(NodeId node) {
        return silent.contains(node);
    }

    private void checkAfterGrace() {
        rpc.time().after(config.grace(), () -> post(this::check));
    }

    private void connection(NodeId peer, boolean connected) {
        watch.connection(peer, connected);
        if (connected) {
            silent.remove(peer);
            rpc.send(peer, Messages.BEAT, ownBeat());
        } else {
            checkAfterGrace();
        }
    }

    /** There is no use to wait for the connection to come back. */
    private void refused(NodeId peer) {
        if (watch.refused(peer)) {
            check();
        }
    }

    /** Tells whether the members of the view do not all watch each other. */
    private boolean large(Agreed any) {
        return any.members().size() > config.mesh();
    }

    private void pulse(NodeId from, Pulse pulse) {
        boolean ahead = current.isEmpty();
        if (current.isPresent()) {
            Agreed now = current.get();
            if (pulse.cluster() != now.cluster()) {
                return;
            }
            if (pulse.epoch() == now.epoch()) {
                rounds.take(from, pulse);
                return;
            }
            ahead = pulse.epoch() > now.epoch();
        }
        if (watch.helps(from)) {
            if (ahead) {
                rpc.send(from, Messages.BEAT, ownBeat());
            } else {
                rpc.send(from, Messages.DECIDED, log.since(pulse.epoch()));
            }
        }
    }

    @Override
    public void send(NodeSet to, Pulse pulse) {
        rpc.send(to, Messages.PULSE, pulse);
    }

    @Override
    public void confirmed() {
        current.ifPresent(this::rely);
    }

    /** One that is out tells its next life already: it can be taken in by that alone. */
    private Beat ownBeat() {
        return new Beat(
                votedOut ? incarnation + 1 : incarnation,
                current.map(Agreed::cluster).orElse(0L),
                current.map(Agreed::epoch).orElse(0L),
                wantsIn,
                config.autostart().isPresent(),
                rpc.time().nanos(),
                rpc.connected(),
                runner.progress());
    }

    @Override
    public void announce() {
        rpc.send(rpc.connected(), Messages.BEAT, ownBeat());
    }

    private void beat(NodeId from, Beat beat) {
        watch.beat(from, beat);
        current.filter(now -> !large(now)).ifPresent(now -> confirm(from, beat, now));
        current.ifPresent(now -> helpAlong(from, beat, now));
        runner.advance();
        current.flatMap(view -> view.member(from)).filter(watch::ended).ifPresent(_ -> check());
    }

    /** Tells a member that this node has heard of it: a quorum of such words lets it act. */
    private void confirm(NodeId from, Beat beat, Agreed now) {
        if (beat.cluster() == now.cluster() && now.has(from, beat.incarnation())) {
            if (watch.trust(from)) {
                rpc.send(from, Messages.HEARD, beat.sent());
            }
            if (beat.epoch() == now.epoch() && !watch.confirms(from)) {
                rpc.send(from, Messages.BEAT, ownBeat());
            }
        }
    }

    private void heard(NodeId from, long sent) {
        watch.confirmed(from, sent);
        current.ifPresent(this::rely);
    }

    private void rely(Agreed now) {
        reliance = watch.reliance(now, self, ended());
    }

    @Override
    public boolean agreeable(Agreed next) {
        return opinion.agrees(current, next);
    }

    /** Sends the views that the peer does not know, also when it does not know that it was taken in. */
    private void helpAlong(NodeId from, Beat beat, Agreed now) {
        if (beat.cluster() == now.cluster() && beat.epoch() < now.epoch()) {
            rpc.send(from, Messages.DECIDED, log.since(beat.epoch()));
        } else if (beat.cluster() == 0 && now.has(from, beat.incarnation())) {
            rpc.send(from, Messages.DECIDED, log.since(now.epoch() - 1));
        }
    }

    /** Takes a decided view when it is the next one for this node. */
    @Override
    public void learn(Agreed next) {
        if (current.isEmpty()) {
            if (!votedOut && next.has(self, incarnation)) {
                install(next, log.before(next));
            } else {
                log.add(next);
            }
            return;
        }
        Agreed now = current.get();
        if (next.cluster() != now.cluster() || next.epoch() != now.epoch() + 1) {
            return;
        }
        if (next.has(self, incarnation)) {
            install(next, now.view());
        } else {
            leave(next, now.view());
        }
    }

    private void install(Agreed next, View before) {
        LOG.log(Level.INFO, () -> "node " + self + ": " + next.view() + ", " + next.kind() + " " + next.changed());
        if (next.kind() == Kind.FAIL) {
            drop(next.changed().minus(ended()), "voted out of " + next.view());
        }
        if (current.isEmpty()) {
            log.keep(next.cluster());
        }
        log.add(next);
        current = Optional.of(next);
        wantsIn = false;
        view = next.view();
        consensus.reset(current);
        watch.expect(next.nodes().minus(self));
        rounds.reset(current.filter(this::large));
        rely(next);
        viewListeners.forEach(listener -> listener.installed(next.view()));
        announce();
        checkQuorum(next);
        runner.add(new Change(next, before, self, Change.Role.MEMBER));
        check();
    }

    private void leave(Agreed next, View before) {
        boolean onRequest = next.kind() == Kind.REMOVED;
        LOG.log(
                onRequest ? Level.INFO : Level.WARNING,
                () -> "node " + self + (onRequest ? " has left: " : " was voted out: ") + next.view());
        log.add(next);
        current = Optional.empty();
        view = View.NONE;
        votedOut = true;
        wantsIn = false;
        consensus.reset(current);
        rounds.reset(current);
        if (!onRequest) {
            pause(true, "this node was voted out of the cluster and drops its part of it");
        }
        runner.add(new Change(next, before, self, onRequest ? Change.Role.LEFT : Change.Role.VOTED_OUT));
    }

    @Override
    public void finished(Change change) {
        if (change.role() == Change.Role.MEMBER) {
            settled = change.view().view();
        } else {
            settled = View.NONE;
            votedOut = false;
            incarnation++;
            wantsIn = change.role() == Change.Role.VOTED_OUT;
            log.clear();
        }
        publish();
        announce();
        mailbox.post(this::check);
    }

    @Override
    public Progress progressOf(NodeId node) {
        return watch.progress(node);
    }

    @Override
    public boolean counts(NodeId node, Change change) {
        if (change.role() == Change.Role.LEFT) {
            return watch.connected(node);
        }
        return current.isPresent() && view.contains(node);
    }

    private NodeSet ended() {
        return select(member -> !member.node().equals(self) && watch.ended(member));
    }

    @Override
    public NodeSet suspects() {
        return select(member -> !member.node().equals(self) && watch.suspect(member));
    }

    private NodeSet select(Predicate<Member> condition) {
        return NodeSet.of(current.map(Agreed::members).orElse(List.of()).stream()
                .filter(condition)
                .map(Member::node)
                .toList());
    }

    private void checkQuorum(Agreed now) {
        NodeSet doubtful = select(member -> !member.node().equals(self) && watch.doubtful(member));
        boolean enough = now.quorum(now.nodes().minus(doubtful), ended()) && !forsaken();
        if (enough && paused) {
            pause(false, "node " + self + " reaches a quorum of " + now.view() + " again");
        } else if (!enough && !paused) {
            pause(
                    true,
                    "node " + self + " does not reach nodes " + doubtful + " of " + now.view()
                            + ": this side is the minority and pauses");
        }
    }

    /** Tells whether no quorum has confirmed a sign of life of this node for a while, though it may hear them. */
    private boolean forsaken() {
        OptionalLong until = reliance;
        return until.isPresent()
                && rpc.time().nanos() - until.getAsLong() > config.heartbeat().toNanos();
    }

    private void pause(boolean value, String reason) {
        if (paused != value) {
            paused = value;
            LOG.log(value ? Level.WARNING : Level.INFO, reason);
            pauseListeners.forEach(listener -> listener.paused(value, reason));
        }
    }

    @Override
    public void send(NodeId to, Vote vote) {
        if (to.equals(self)) {
            post(() -> consensus.vote(self, vote));
        } else {
            rpc.send(to, Messages.VOTE, vote);
        }
    }

    @Override
    public void decided(Agreed next) {
        List<Agreed> both = new ArrayList<>(current.stream().toList());
        both.add(next);
        NodeSet old = current.map(Agreed::nodes).orElse(NodeSet.EMPTY);
        rpc.send(old.plus(next.nodes()).minus(self), Messages.DECIDED, both);
        learn(next);
    }

    @Override
    public Optional<Agreed> current() {
        return current;
    }

    @Override
    public Watch watch() {
        return watch;
    }

    @Override
    public Consensus consensus() {
        return consensus;
    }

    @Override
    public boolean calm() {
        return runner.idle() && !votedOut;
    }

    @Override
    public Member asMember() {
        return new Member(self, incarnation);
    }

    @Override
    public Progress ownProgress() {
        return runner.progress();
    }

    private void publish() {
        Published now = new Published(view, settled, watch.version());
        if (now.equals(published)) {
            return;
        }
        published = now;
        Map<NodeId, NodeState> fresh = new TreeMap<>();
        for (NodeId node : watch.known().plus(self).plus(view.members())) {
            fresh.put(node, stateOf(node));
        }
        if (!fresh.equals(states)) {
            states = Collections.unmodifiableMap(fresh);
        }
    }

    private NodeState stateOf(NodeId node) {
        if (view.contains(node)) {
            return settled.contains(node) ? NodeState.ONLINE : NodeState.POSSIBLE;
        }
        return node.equals(self) || watch.connected(node) ? NodeState.PRESENT : NodeState.OFFLINE;
    }

    @Override
    public CompletableFuture<View> startCluster(NodeSet nodes) {
        CompletableFuture<View> done = new CompletableFuture<>();
        post(() -> operations.start(nodes, done));
        return done;
    }

    @Override
    public CompletableFuture<View> add(NodeSet nodes) {
        CompletableFuture<View> done = new CompletableFuture<>();
        post(() -> operations.add(nodes, done));
        return done;
    }

    @Override
    public CompletableFuture<View> remove(NodeSet nodes) {
        CompletableFuture<View> done = new CompletableFuture<>();
        post(() -> operations.remove(nodes, done));
        return done;
    }

    @Override
    public CompletableFuture<Void> poweroff(boolean reboot) {
        NodeSet members = view.started() ? view.members().minus(self) : rpc.connected();
        CompletableFuture<?>[] told = rpc.ask(members, Messages.POWEROFF, reboot, POWEROFF_LIMIT).values().stream()
                .map(answer -> answer.exceptionally(failure -> {
                    if (failure instanceof RpcException) {
                        LOG.log(Level.WARNING, "poweroff: " + failure.getMessage());
                    }
                    return Codec.Nothing.NOTHING;
                }))
                .toArray(CompletableFuture<?>[]::new);
        return CompletableFuture.allOf(told);
    }

    private void poweredOff(boolean reboot) {
        poweroffListeners.forEach(listener -> listener.poweroff(reboot));
    }

    @Override
    public void close() {
        closed = true;
        registrations.forEach(Registration::close);
        mailbox.close();
    }
}
