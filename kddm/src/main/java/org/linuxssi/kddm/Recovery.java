package org.linuxssi.kddm;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.linuxssi.hotplug.View;
import org.linuxssi.kddm.Announcement.Claim;
import org.linuxssi.kddm.Rebuild.Fact;
import org.linuxssi.kddm.Resolution.Claimed;
import org.linuxssi.kddm.spi.SetId;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.rpc.Service;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.Registration;

/**
 * Moves the directory to the members of a new view.
 *
 * <p>Every member installs the view, drops the directory it had, and announces what it has to the new homes. A home that has
 * heard all members concludes, object by object ({@link Resolution}), and starts to serve; requests that came before wait.
 * Messages of the old view are dropped by their epoch, and requesters ask again, so that nothing of it goes on.
 */
final class Recovery implements AutoCloseable {

    private static final Logger LOG = System.getLogger(Recovery.class.getName());
    private static final Duration DEADLINE = Duration.ofSeconds(5);
    private static final Duration AGAIN = Duration.ofMillis(100);

    static final Service<Announce, Codec.Nothing> ANNOUNCE =
            Service.of(101, "kddm-announce", Announce.CODEC, Codec.NOTHING, Service.Dispatch.INLINE);

    private final Engine engine;
    private final Rpc rpc;
    private final NodeId self;
    private final Directory directory;
    private final Shadows shadows;
    private final SerialExecutor serial;
    private final Registration served;
    private final Settling settlement;
    private final Refreshing refreshing;
    private final TreeMap<Long, Rebuild> rebuilds = new TreeMap<>();
    private final TreeMap<Long, CompletableFuture<Void>> waiting = new TreeMap<>();
    private NodeSet settledMembers = NodeSet.EMPTY;
    /** The members when all of them had their part of the directory last; empty when this node does not know. */
    private NodeSet agreedMembers = NodeSet.EMPTY;

    private long settledEpoch;

    Recovery(Engine engine, Rpc rpc, Directory directory, Shadows shadows) {
        this.engine = engine;
        this.rpc = rpc;
        this.self = rpc.self();
        this.directory = directory;
        this.shadows = shadows;
        this.serial = new SerialExecutor(rpc.time());
        this.settlement = new Settling(engine, rpc);
        this.refreshing = new Refreshing(engine);
        this.served = rpc.serve(ANNOUNCE, (from, announce) -> {
            announced(from, announce);
            return Codec.Nothing.NOTHING;
        });
    }

    /** Installs a view soon; views arrive in their order. */
    void install(View view) {
        serial.execute(() -> {
            try {
                installNow(view);
            } catch (RuntimeException e) {
                LOG.log(Level.ERROR, "kddm could not install " + view, e);
            }
        });
    }

    /** Drops everything: the others took over what was here. */
    CompletableFuture<Void> leave(View after) {
        return CompletableFuture.runAsync(
                () -> {
                    if (after.epoch() > engine.members().epoch()) {
                        engine.exclusively(() -> {
                            fence();
                            engine.install(new Members(after));
                        });
                        reached(after.epoch()).forEach(future -> future.complete(null));
                    }
                },
                serial);
    }

    /** Completes when the directory of this epoch or a later one is there. */
    CompletableFuture<Void> ready(long epoch) {
        synchronized (rebuilds) {
            return settledEpoch >= epoch
                    ? CompletableFuture.completedFuture(null)
                    : waiting.computeIfAbsent(epoch, _ -> new CompletableFuture<>());
        }
    }

    /** Returns those who wait for this epoch or an older one; they do no more. */
    private List<CompletableFuture<Void>> reached(long epoch) {
        synchronized (rebuilds) {
            Map<Long, CompletableFuture<Void>> old = waiting.headMap(epoch, true);
            List<CompletableFuture<Void>> all = List.copyOf(old.values());
            old.clear();
            return all;
        }
    }

    /** Tells whether all that is owned here has been sent to its backups of this view. */
    boolean refreshed() {
        return refreshing.idle();
    }

    /** Keeps a message to the home until the directory is there; false when it is. The epoch lock is held. */
    boolean postponed(NodeId from, Message message) {
        synchronized (rebuilds) {
            Rebuild now = rebuilds.get(engine.members().epoch());
            if (now == null || !now.postpones(message)) {
                return false;
            }
            now.postponed.add(new Rebuild.Postponed(from, message));
            if (now.verdicts != null && Rebuild.isHold(message)) {
                rpc.time().execute(() -> hurry(now, Set.of(new Rebuild.Key(message.set(), message.object()))));
            }
            return true;
        }
    }

    private void installNow(View view) {
        Members old = engine.members();
        if (view.epoch() <= old.epoch()) {
            return;
        }
        boolean missed = old.epoch() > 0 && view.epoch() != old.epoch() + 1;
        NodeSet failed = missed ? NodeSet.EMPTY : settledMembers.minus(view.members());
        for (Copies<?> copies : engine.sets()) {
            copies.recovery().rebuild(failed);
        }
        Members next = new Members(view);
        Map<NodeId, List<Announcement>> letters = new HashMap<>();
        next.set().forEach(member -> letters.put(member, new ArrayList<>()));
        engine.exclusively(() -> {
            if (missed) {
                LOG.log(Level.WARNING, "node " + self + " was no member for a while: its copies are dropped");
                fence();
            }
            begin(next, failed, letters);
        });
        if (next.contains(self)) {
            letters.forEach((to, list) -> send(to, view.epoch(), false, list));
            engine.resume();
            resolveIfComplete(view.epoch());
        }
    }

    private void fence() {
        engine.sets().forEach(copies -> copies.recovery().fence());
        directory.clear();
        shadows.clear();
        engine.replicator().fence();
        engine.fenceRemovals();
        synchronized (rebuilds) {
            rebuilds.headMap(engine.members().epoch(), true).clear();
            agreedMembers = NodeSet.EMPTY;
        }
    }

    private void begin(Members next, NodeSet failed, Map<NodeId, List<Announcement>> letters) {
        List<Fact> facts = new ArrayList<>();
        List<Announcement> news = new ArrayList<>();
        List<Announcement> removals = new ArrayList<>();
        synchronized (rebuilds) {
            Rebuild before = rebuilds.get(engine.members().epoch());
            if (before != null) {
                facts.addAll(before.facts);
                removals.addAll(before.removals);
            }
            if (before != null && !before.ready) {
                news.addAll(before.witnesses());
            }
        }
        directory.forEach(entry -> collect(entry, facts));
        Removals.ofHome(directory, removals);
        removals.stream().filter(it -> next.contains(it.heir())).forEach(news::add);
        for (Fact fact : facts) {
            if (fact.matters(next)) {
                news.add(fact.witness());
            }
        }
        shadows.forEach((set, object, shadow) -> {
            if (!next.contains(shadow.home())) {
                news.add(witness(set, object, shadow.placement(), Claim.WITNESS));
            }
        });
        engine.sets().forEach(copies -> copies.recovery().announce(news::add));
        engine.replicator()
                .backups()
                .forEach((set, object, it) -> news.add(
                        new Announcement(set, object, it.placement(), Claim.BACKUP, it.version(), self, it.seq())));
        engine.replicator()
                .backups()
                .forEachRemoval((set, object, it) -> Removals.announce(set, object, it, self, news));
        directory.clear();
        if (next.contains(self)) {
            news.forEach(
                    it -> letters.computeIfAbsent(next.home(it.placement(), it.object(), self), _ -> new ArrayList<>())
                            .add(it));
        }
        synchronized (rebuilds) {
            rebuilds.headMap(next.epoch(), false).clear();
            Rebuild now = rebuilds.computeIfAbsent(next.epoch(), Rebuild::new);
            now.members = next.set();
            now.failed = failed;
            now.before = engine.members();
            now.gone = agreedMembers.isEmpty()
                    ? Integer.MAX_VALUE
                    : agreedMembers.minus(next.set()).size();
            now.facts = facts;
            now.removals = removals;
            now.installed = true;
        }
        engine.install(next);
    }

    private void collect(DirectoryEntry entry, List<Fact> facts) {
        synchronized (entry) {
            NodeId owner = entry.owner();
            NodeId heir = entry.state.heir(entry.replicated);
            Announcement witness = witness(entry.set, entry.object, entry.placement, Claim.WITNESS);
            if (entry.holders.lost()) {
                facts.add(new Fact(witness(entry.set, entry.object, entry.placement, Claim.LOST), null));
            } else if (owner != null && !entry.state.removing() && (entry.shadowed || !entry.replicated)) {
                facts.add(new Fact(witness, owner));
            }
            if (heir != null) {
                facts.add(new Fact(witness, heir));
            }
        }
    }

    private Announcement witness(long set, long object, int placement, Claim claim) {
        return new Announcement(set, object, placement, claim, 0, self, 0);
    }

    /** Sends a list in parts; completes when they have arrived, or the view is another one. */
    private CompletableFuture<Void> send(NodeId to, long epoch, boolean ofShadows, List<Announcement> list) {
        int parts = Math.max(1, (list.size() + Announce.LIMIT - 1) / Announce.LIMIT);
        CompletableFuture<?>[] arrivals = new CompletableFuture<?>[parts];
        for (int part = 0; part < parts; part++) {
            int start = part * Announce.LIMIT;
            List<Announcement> some = list.subList(start, Math.min(list.size(), start + Announce.LIMIT));
            CompletableFuture<Void> arrival = new CompletableFuture<>();
            arrivals[part] = arrival;
            send(to, new Announce(epoch, ofShadows, part, parts, List.copyOf(some)), arrival);
        }
        return CompletableFuture.allOf(arrivals);
    }

    private void send(NodeId to, Announce announce, CompletableFuture<Void> arrival) {
        if (to.equals(self)) {
            announced(self, announce);
            arrival.complete(null);
            return;
        }
        var _ = rpc.ask(to, ANNOUNCE, announce, DEADLINE).whenComplete((_, error) -> {
            if (error != null && engine.members().epoch() == announce.epoch() && !engine.closed()) {
                rpc.time().after(AGAIN, () -> send(to, announce, arrival));
            } else {
                arrival.complete(null);
            }
        });
    }

    private void announced(NodeId from, Announce announce) {
        if (announce.shadows()) {
            engine.transact(_ -> shadowed(from, announce));
            return;
        }
        synchronized (rebuilds) {
            if (announce.epoch() < engine.members().epoch()) {
                return;
            }
            rebuilds.computeIfAbsent(announce.epoch(), Rebuild::new).add(from, announce);
        }
        resolveIfComplete(announce.epoch());
    }

    /** A home says what exists; in this view it may have said something newer of some objects. */
    private void shadowed(NodeId home, Announce announce) {
        long epoch = announce.epoch();
        Members now = engine.members();
        boolean current = now.epoch() == epoch && now.contains(home);
        for (Announcement it : announce.list()) {
            if (current) {
                shadows.said(it.set(), it.object(), it.placement(), true, home, epoch, it.seq());
            } else {
                shadows.exists(it, home, epoch);
            }
        }
    }

    private void resolveIfComplete(long epoch) {
        Rebuild rebuild;
        synchronized (rebuilds) {
            rebuild = rebuilds.get(epoch);
            if (rebuild == null || rebuild.resolving || !rebuild.complete()) {
                return;
            }
            rebuild.resolving = true;
        }
        serial.execute(() -> resolve(rebuild));
    }

    private void resolve(Rebuild rebuild) {
        Map<Rebuild.Key, Resolution> conclusions = new HashMap<>();
        rebuild.claims.forEach((key, claims) -> conclusions.put(key, conclude(key, claims, rebuild)));
        Verdicts verdicts = verdicts(conclusions, rebuild);
        engine.transact(_ -> {
            if (engine.members().epoch() == rebuild.epoch) {
                Removals.note(engine, rebuild, conclusions);
                synchronized (rebuilds) {
                    rebuild.concluded(conclusions, verdicts);
                }
            }
        });
        hurry(rebuild, waitedFor(rebuild));
        verdicts.begin();
        applyAll(rebuild, conclusions);
        var _ = verdicts.all().thenRun(() -> serial.execute(() -> open(rebuild)));
    }

    /** Writes all into the directory that is not there yet. */
    private void applyAll(Rebuild rebuild, Map<Rebuild.Key, Resolution> conclusions) {
        if (engine.members().epoch() != rebuild.epoch) {
            return;
        }
        Map<Long, Integer> lost = new TreeMap<>();
        Set<Rebuild.Key> quiet = new HashSet<>();
        conclusions.forEach((key, conclusion) -> {
            if (conclusion.verdicts().isEmpty()) {
                quiet.add(key);
            }
            count(key, conclusion, rebuild, lost);
        });
        lost.forEach(
                (set, count) -> LOG.log(Level.WARNING, count + " objects of set " + SetId.ofKey(set) + " are lost"));
        settled(rebuild, quiet);
        settled(rebuild, Set.of(), conclusions.keySet());
    }

    /** Somebody waits for these objects: they are seen to before the others. */
    private void hurry(Rebuild rebuild, Set<Rebuild.Key> keys) {
        Verdicts verdicts = rebuild.verdicts;
        if (verdicts != null && !keys.isEmpty()) {
            settled(rebuild, verdicts.without(keys));
            verdicts.hurry(keys);
        }
    }

    /** Returns whom to tell what. */
    private Verdicts verdicts(Map<Rebuild.Key, Resolution> conclusions, Rebuild rebuild) {
        Verdicts verdicts = new Verdicts(
                (to, list) -> settlement.send(to, rebuild.epoch, list), objects -> settled(rebuild, objects));
        conclusions.forEach((key, it) -> it.verdicts()
                .forEach(told -> verdicts.add(
                        told.node(),
                        key,
                        new Message.Settle(key.set(), key.object(), engine.nextSeq(), it.version(), told.verdict()))));
        return verdicts;
    }

    /** Serves objects of which all who were concerned know. */
    private void settled(Rebuild rebuild, Set<Rebuild.Key> objects) {
        settled(rebuild, objects, objects);
    }

    private void settled(Rebuild rebuild, Set<Rebuild.Key> objects, Set<Rebuild.Key> known) {
        engine.transact(out -> {
            List<Rebuild.Postponed> released;
            synchronized (rebuilds) {
                if (engine.members().epoch() != rebuild.epoch || rebuild.ready) {
                    return;
                }
                known.forEach(key -> rebuild.take(key).ifPresent(conclusion -> apply(key, conclusion)));
                released = rebuild.settled(objects);
            }
            released.forEach(it -> directory.handle(it.from(), it.message(), out));
        });
    }

    /** Returns the objects that somebody waits for. */
    private Set<Rebuild.Key> waitedFor(Rebuild rebuild) {
        synchronized (rebuilds) {
            return rebuild.waitedFor();
        }
    }

    private Resolution conclude(Rebuild.Key key, List<Claimed> claims, Rebuild rebuild) {
        Resolution found = resolution(key, claims, rebuild);
        if (found.lost()
                && !lostBefore(claims)
                && engine.copies(key.set()).recovery().recover(key.object(), rebuild.failed)) {
            return new Resolution(
                    self,
                    NodeSet.of(self),
                    true,
                    false,
                    1,
                    found.placement(),
                    found.without(self).verdicts());
        }
        return found;
    }

    private Resolution resolution(Rebuild.Key key, List<Claimed> claims, Rebuild rebuild) {
        Copies<?> copies = engine.copies(key.set());
        if (copies.durable().keeps(claims.getFirst().it().placement())) {
            return Resolution.ofStored(claims);
        }
        boolean tooMany = rebuild.gone > copies.backup().count();
        return copies.durable().durable() && tooMany
                ? Resolution.withoutBackups(claims, rebuild.members)
                : Resolution.of(claims, rebuild.members);
    }

    private void apply(Rebuild.Key key, Resolution it) {
        directory.locked(key.set(), key.object(), entry -> {
            entry.placement = it.placement();
            entry.holders = it.holders();
            entry.shadowed = it.exists() || it.lost();
        });
    }

    private void count(Rebuild.Key key, Resolution it, Rebuild rebuild, Map<Long, Integer> lost) {
        Copies<?> copies = engine.copies(key.set());
        Members before = rebuild.before;
        boolean came = !before.contains(self)
                || !before.home(it.placement(), key.object(), self).equals(self);
        if (came && (it.exists() || it.lost())) {
            copies.counting().rehomed.increment();
        }
        if (it.lost() && !copies.durable().durable()) {
            if (it.owner() == null) {
                lost.merge(key.set(), 1, Integer::sum);
            }
            if (!lostBefore(rebuild.claims.getOrDefault(key, List.of()))) {
                copies.counting().lost.increment();
            }
        }
    }

    private static boolean lostBefore(List<Claimed> claims) {
        for (Claimed claimed : claims) {
            if (claimed.it().claim() == Claim.LOST) {
                return true;
            }
        }
        return false;
    }

    /** Lets the requests in that waited. */
    private void open(Rebuild rebuild) {
        List<CompletableFuture<Void>> done = new ArrayList<>();
        engine.transact(out -> {
            List<Rebuild.Postponed> released;
            synchronized (rebuilds) {
                if (engine.members().epoch() != rebuild.epoch) {
                    return;
                }
                rebuild.ready = true;
                rebuild.claims.clear();
                settledEpoch = rebuild.epoch;
                settledMembers = rebuild.members;
                done.addAll(reached(rebuild.epoch));
                released = rebuild.released();
            }
            released.forEach(it -> directory.handle(it.from(), it.message(), out));
        });
        refreshing.begin();
        var _ = tellStandIns(rebuild.epoch).thenRun(() -> done.forEach(future -> future.complete(null)));
    }

    /** All members have their part of the directory and have told their stand-ins: what the last one knew is no longer needed. */
    void readyEverywhere(long epoch) {
        synchronized (rebuilds) {
            Rebuild now = rebuilds.get(epoch);
            if (now == null || !now.ready) {
                return;
            }
            now.facts = List.of();
            now.removals = List.of();
            agreedMembers = now.members;
        }
        shadows.dropBefore(epoch);
        engine.replicator().backups().forgetRemovals(engine.firstSeq(epoch));
    }

    private CompletableFuture<Void> tellStandIns(long epoch) {
        return tellShadows(epoch, entry -> List.of(engine.standIn(entry.placement, entry.object)));
    }

    /** Tells those who will be homes when this node has left, and their stand-ins, which objects exist. */
    CompletableFuture<Void> bequeath() {
        Members next = engine.members().without(NodeSet.of(self));
        return next.set().isEmpty()
                ? CompletableFuture.completedFuture(null)
                : tellShadows(next.epoch(), entry -> {
                    NodeId home = next.home(entry.placement, entry.object, self);
                    return List.of(home, next.standIn(entry.placement, entry.object, home));
                });
    }

    private CompletableFuture<Void> tellShadows(long epoch, Function<DirectoryEntry, List<NodeId>> whom) {
        Map<NodeId, List<Announcement>> letters = new HashMap<>();
        directory.forEach(entry -> {
            synchronized (entry) {
                if (entry.shadowed && !entry.holders.equals(Holders.Absent.IT)) {
                    Announcement exists = new Announcement(
                            entry.set, entry.object, entry.placement, Claim.WITNESS, 0, self, engine.nextNumber());
                    whom.apply(entry).stream().distinct().forEach(node -> letters.computeIfAbsent(
                                    node, _ -> new ArrayList<>())
                            .add(exists));
                }
            }
        });
        letters.remove(self);
        return CompletableFuture.allOf(letters.entrySet().stream()
                .map(letter -> send(letter.getKey(), epoch, true, letter.getValue()))
                .toArray(CompletableFuture[]::new));
    }

    @Override
    public void close() {
        served.close();
        settlement.close();
    }
}
