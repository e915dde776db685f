package org.linuxssi.rpc;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.ConnectException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.TimeSource;

/** Keeps trying the known addresses until each leads to a connected peer. */
final class Dialer {

    private static final Logger LOG = System.getLogger(Dialer.class.getName());
    private static final Duration FIRST = Duration.ofMillis(30);
    private static final Duration LONGEST = Duration.ofSeconds(1);

    /** What became of an attempt. */
    sealed interface Result {}

    /** The address is a peer's. */
    record Reached(NodeId peer) implements Result {}

    /** The address is our own. */
    record Self() implements Result {}

    /** Makes one attempt. */
    interface Attempt {
        Result dial(String address) throws IOException;

        boolean connected(NodeId peer);

        /** Nobody listens where the peer was, and there is no connection to it. */
        void refused(NodeId peer);
    }

    private static final class Endpoint {
        final String address;

        @Nullable
        NodeId peer;

        Duration wait = FIRST;
        boolean busy;
        boolean self;
        String lastError = "";

        Endpoint(String address) {
            this.address = address;
        }
    }

    private final TimeSource time;
    private final Attempt attempt;
    private final Map<String, Endpoint> endpoints = new HashMap<>();
    private boolean closed;

    Dialer(TimeSource time, Attempt attempt) {
        this.time = time;
        this.attempt = attempt;
    }

    /** Learns an address, perhaps with the node that is there. */
    void add(String address, @Nullable NodeId peer) {
        Endpoint endpoint;
        synchronized (this) {
            endpoint = endpoints.computeIfAbsent(address, Endpoint::new);
            if (peer != null) {
                endpoint.peer = peer;
            }
        }
        begin(endpoint);
    }

    /** The connection to this peer is lost: dial its addresses again. */
    void lost(NodeId peer) {
        List<Endpoint> lost;
        synchronized (this) {
            lost = endpoints.values().stream()
                    .filter(endpoint -> peer.equals(endpoint.peer))
                    .toList();
        }
        lost.forEach(this::begin);
    }

    synchronized void close() {
        closed = true;
    }

    private void begin(Endpoint endpoint) {
        synchronized (this) {
            if (closed || endpoint.busy || endpoint.self) {
                return;
            }
            endpoint.busy = true;
            endpoint.wait = FIRST;
        }
        time.execute(() -> dial(endpoint));
    }

    private void dial(Endpoint endpoint) {
        NodeId known;
        synchronized (this) {
            known = endpoint.peer;
            if (closed || (known != null && attempt.connected(known))) {
                endpoint.busy = false;
                return;
            }
        }
        try {
            Result result = attempt.dial(endpoint.address);
            synchronized (this) {
                endpoint.lastError = "";
                endpoint.wait = FIRST;
                switch (result) {
                    case Self _ -> {
                        endpoint.self = true;
                        endpoint.busy = false;
                        return;
                    }
                    case Reached reached -> endpoint.peer = reached.peer();
                }
            }
        } catch (IOException | RuntimeException e) {
            report(endpoint, e);
            if (known != null && isRefusal(e)) {
                attempt.refused(known);
            }
        }
        again(endpoint);
    }

    private static boolean isRefusal(Exception e) {
        return e instanceof ConnectException && String.valueOf(e.getMessage()).startsWith("Connection refused");
    }

    private void again(Endpoint endpoint) {
        Duration wait;
        synchronized (this) {
            wait = endpoint.wait;
            Duration twice = wait.multipliedBy(2);
            endpoint.wait = twice.compareTo(LONGEST) > 0 ? LONGEST : twice;
        }
        time.after(wait, () -> dial(endpoint));
    }

    private void report(Endpoint endpoint, Exception e) {
        String error = String.valueOf(e.getMessage());
        synchronized (this) {
            if (closed || error.equals(endpoint.lastError)) {
                return;
            }
            endpoint.lastError = error;
        }
        LOG.log(Level.INFO, () -> "connection to " + endpoint.address + ": " + error + "; will try again");
    }
}
