package org.linuxssi.rpc;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.TimeSource;

/**
 * Finds a number for this node and answers other nodes that look for theirs.
 *
 * <p>Overview. A node asks every seed that it reaches for a number. A node refuses a number that it has, that a connected
 * peer has, that it has just granted to another, or that it wants itself while its address is the smaller one. A refused
 * node tries the lowest number that nobody mentioned. Nodes are the same when their addresses are, so that a node that
 * restarts gets its number again.
 */
final class IdClaims {

    private static final Duration GRANT = Duration.ofSeconds(10);
    private static final Duration ROUND = Duration.ofMillis(100);

    /** How much longer a seed is waited for that takes connections but is slow to answer. */
    private static final Duration SLOW = Duration.ofSeconds(30);

    private record Grant(String address, long end) {}

    /** The answer of one seed. */
    record Answer(Hello hello, String refusal) {}

    /** Asks one seed; empty when it is not reached or is this node itself. */
    @FunctionalInterface
    interface Asker {

        /**
         * Asks it.
         *
         * @throws SocketTimeoutException when somebody takes the connection, but does not answer in time
         */
        Optional<Answer> ask(String seed, NodeId wanted) throws SocketTimeoutException;
    }

    /** What the seeds said when each was asked once. */
    private static final class Round {
        boolean reached;
        boolean slow;
        String refusal = "";
        NodeSet used = NodeSet.EMPTY;
    }

    private final TimeSource time;
    private final String address;
    private final Map<NodeId, Grant> grants = new HashMap<>();
    private NodeId candidate;
    private boolean settled;

    IdClaims(TimeSource time, String address, Optional<NodeId> configured) {
        this.time = time;
        this.address = address;
        candidate = configured.orElse(NodeId.of(0));
    }

    synchronized NodeId candidate() {
        return candidate;
    }

    /** Returns what is known to be taken, for nodes that look for a number. */
    synchronized List<Hello.Peer> taken() {
        List<Hello.Peer> taken = new ArrayList<>();
        taken.add(new Hello.Peer(candidate, address));
        long now = time.nanos();
        grants.forEach((node, grant) -> {
            if (grant.end() - now > 0) {
                taken.add(new Hello.Peer(node, grant.address()));
            }
        });
        return taken;
    }

    /** Answers a claim: no text grants it. */
    synchronized String verdict(Hello claim, @Nullable String connectedAddress) {
        NodeId wanted = claim.node();
        String by = claim.address();
        grants.values().removeIf(old -> old.address().equals(by));
        if (connectedAddress != null && !connectedAddress.equals(by)) {
            return "node id " + wanted + " is in use by " + connectedAddress;
        }
        Grant grant = grants.get(wanted);
        if (grant != null && grant.end() - time.nanos() > 0 && !grant.address().equals(by)) {
            return "node id " + wanted + " was just given to " + grant.address();
        }
        if (wanted.equals(candidate) && !by.equals(address) && (settled || address.compareTo(by) < 0)) {
            return "node id " + wanted + " is in use by " + address;
        }
        grants.put(wanted, new Grant(by, time.nanos() + GRANT.toNanos()));
        return "";
    }

    private synchronized boolean settleIfFree() {
        Grant grant = grants.get(candidate);
        settled = grant == null || grant.address().equals(address) || grant.end() - time.nanos() <= 0;
        return settled;
    }

    private synchronized void next(NodeSet used) throws IOException {
        NodeSet taken = used.plus(candidate).plus(NodeSet.of(grants.keySet()));
        NodeId free = NodeSet.first(NodeId.LIMIT).minus(taken).lowest();
        if (free == null) {
            throw new IOException("no node id is free: all 256 are in use");
        }
        candidate = free;
    }

    /**
     * Settles the number.
     *
     * @throws IOException when the configured number is in use
     */
    NodeId settle(List<String> seeds, Duration seedWait, boolean configured, Asker asker) throws IOException {
        boolean alone = seeds.stream().allMatch(address::equals);
        long start = time.nanos();
        while (true) {
            Round round = ask(seeds, asker);
            Duration patience = alone ? Duration.ZERO : round.slow ? seedWait.plus(SLOW) : seedWait;
            if (!round.refusal.isEmpty() && configured) {
                throw new IOException(round.refusal + ": give this node another id, or none to take a free one");
            }
            if (!round.refusal.isEmpty()) {
                next(round.used);
            } else if (round.reached || time.nanos() - start >= patience.toNanos()) {
                if (settleIfFree()) {
                    return candidate();
                }
                next(round.used);
            } else {
                pause();
            }
        }
    }

    private Round ask(List<String> seeds, Asker asker) {
        Round round = new Round();
        for (String seed : seeds) {
            try {
                asker.ask(seed, candidate()).ifPresent(answer -> note(round, answer));
            } catch (SocketTimeoutException slow) {
                round.slow = true;
            }
        }
        return round;
    }

    private void note(Round round, Answer answer) {
        round.reached = true;
        round.refusal = round.refusal.isEmpty() ? answer.refusal() : round.refusal;
        round.used = round.used.plus(NodeSet.of(answer.hello().peers().stream()
                .filter(peer -> !peer.address().equals(address))
                .map(Hello.Peer::node)
                .toList()));
    }

    private void pause() throws IOException {
        CompletableFuture<Boolean> over = new CompletableFuture<>();
        try (var _ = time.after(ROUND, () -> over.complete(true))) {
            time.await(over);
        } catch (InterruptedException | ExecutionException e) {
            throw new IOException("interrupted while the node's number was looked for", e);
        }
    }
}
