package org.linuxssi.rpc;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.Registration;
import org.linuxssi.tools.TimeSource;

/**
 * One node's sockets: a listening one, one connection a peer for messages, one for each stream.
 *
 * <p>Overview of a new connection: TLS, then both sides say {@link Hello}. For messages the node with the lower number
 * decides whether this connection is taken, so that two nodes that dial each other at once end up with the same one.
 */
final class SocketTransport implements Transport, Dialer.Attempt {

    private static final Logger LOG = System.getLogger(SocketTransport.class.getName());
    private static final Duration HANDSHAKE = Duration.ofSeconds(5);
    private static final long ACCEPTOR_MILLIS = 2000;
    private static final int BUFFER = 256 << 10;
    private static final int MAX_STREAM_HEADER = 64 << 10;

    @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
    private record Opening(int service, byte[] header) {}

    private static final Codec<Opening> OPENING = Codec.of(
            (opening, out) -> out.i16(opening.service()).bytes(opening.header()),
            in -> new Opening(in.i16(), in.bytes(MAX_STREAM_HEADER)));

    private record Greeted(Wire wire, Hello theirs) implements AutoCloseable {
        @Override
        public void close() {
            wire.close();
        }
    }

    private final RpcConfig config;
    private final TimeSource time;
    private final long incarnation;
    private final ServerSocketChannel server;
    private final String address;
    private final IdClaims claims;
    private final Dialer dialer;
    private final SocketPeers peers;
    private final Thread acceptor;
    private volatile @Nullable Receiver receiver;
    private volatile boolean closed;

    SocketTransport(RpcConfig config, TimeSource time, long incarnation) throws IOException {
        this.config = config;
        this.time = time;
        this.incarnation = incarnation;
        server = ServerSocketChannel.open();
        try {
            server.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            server.bind(config.listen(), 256);
        } catch (IOException e) {
            server.close();
            throw new IOException("listen on " + config.listen() + ": " + e.getMessage(), e);
        }
        address = config.advertised().orElseGet(this::listening);
        claims = new IdClaims(time, address, config.node());
        dialer = new Dialer(time, this);
        peers = new SocketPeers(this, dialer);
        acceptor = Thread.ofPlatform().name("rpc-accept").daemon().start(this::acceptAll);
    }

    private String listening() {
        try {
            InetSocketAddress bound = (InetSocketAddress) server.getLocalAddress();
            String host = reachable(bound.getAddress()).getHostAddress().replaceAll("%.*", "");
            return (host.contains(":") ? "[" + host + "]" : host) + ":" + bound.getPort();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Returns the address itself, or one of this machine's when it stands for all of them. */
    private static InetAddress reachable(InetAddress bound) throws IOException {
        if (!bound.isAnyLocalAddress()) {
            return bound;
        }
        return NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(found -> !found.isLoopbackAddress() && !found.isLinkLocalAddress())
                .min(Comparator.comparingInt(found -> found instanceof Inet4Address ? 0 : 1))
                .orElse(InetAddress.getLoopbackAddress());
    }

    void settle() throws IOException {
        claims.settle(config.seeds(), config.seedWait(), config.node().isPresent(), this::claim);
    }

    private Optional<IdClaims.Answer> claim(String seed, NodeId wanted) throws SocketTimeoutException {
        if (seed.equals(address)) {
            return Optional.empty();
        }
        try (Greeted greeted = greet(seed, hello(Hello.Purpose.CLAIM))) {
            if (greeted.theirs().address().equals(address)) {
                return Optional.empty();
            }
            return Optional.of(new IdClaims.Answer(greeted.theirs(), Hello.read(greeted.wire(), Hello.VERDICT)));
        } catch (SocketTimeoutException slow) {
            throw slow;
        } catch (IOException | RuntimeException e) {
            LOG.log(Level.DEBUG, () -> "seed " + seed + ": " + e.getMessage());
            return Optional.empty();
        }
    }

    @Override
    public NodeId self() {
        return claims.candidate();
    }

    @Override
    public TimeSource time() {
        return time;
    }

    @Override
    public int session() {
        return config.session();
    }

    @Override
    public long incarnation() {
        return incarnation;
    }

    String address() {
        return address;
    }

    @Override
    public void start(Receiver delivery) {
        peers.start(delivery);
        receiver = delivery;
        config.seeds().forEach(seed -> dialer.add(seed, null));
        LOG.log(
                Level.INFO,
                () -> "node " + self() + " of cluster " + config.cluster() + " session " + session() + " at " + address
                        + ", connections are " + config.security());
    }

    @Override
    public boolean send(NodeId to, byte[] wire) {
        return peers.send(to, wire);
    }

    @Override
    public NodeSet connected() {
        return peers.connected();
    }

    @Override
    public boolean connected(NodeId peer) {
        return peers.connected().contains(peer);
    }

    @Override
    public void refused(NodeId peer) {
        Receiver delivery = receiver;
        if (delivery != null && !connected(peer)) {
            delivery.refused(peer);
        }
    }

    @Override
    public void disconnect(NodeId peer, String reason) {
        peers.disconnect(peer, reason);
    }

    @Override
    public void close() {
        closed = true;
        dialer.close();
        try {
            server.close();
        } catch (IOException _) {
            // It is gone in any case.
        }
        peers.close();
        try {
            // The kernel frees the port only when nobody waits in accept any more.
            acceptor.join(ACCEPTOR_MILLIS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private Hello hello(Hello.Purpose purpose) {
        List<Hello.Peer> known = new ArrayList<>(peers.known());
        known.addAll(claims.taken());
        return new Hello(
                purpose,
                config.session(),
                config.cluster(),
                self(),
                receiver == null && purpose != Hello.Purpose.CLAIM ? Hello.NOT_READY : incarnation,
                address,
                known.subList(0, Math.min(known.size(), NodeId.LIMIT)));
    }

    private static void tune(SocketChannel channel) throws IOException {
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
        if (channel.getOption(StandardSocketOptions.SO_SNDBUF) < BUFFER) {
            channel.setOption(StandardSocketOptions.SO_SNDBUF, BUFFER);
        }
    }

    private Registration limit(SocketChannel channel) {
        return time.after(HANDSHAKE, () -> Wire.drop(channel));
    }

    private Greeted greet(String to, Hello ours) throws IOException {
        InetSocketAddress target = RpcConfig.address(to);
        SocketChannel channel = SocketChannel.open();
        boolean taken = false;
        try (Registration _ = limit(channel)) {
            taken = channel.connect(new InetSocketAddress(target.getHostString(), target.getPort()));
            if (channel.getLocalAddress().equals(channel.getRemoteAddress())) {
                throw new IOException("nobody listens: the kernel connected the socket to itself");
            }
            tune(channel);
            Wire wire = config.security().protect(channel, true);
            Hello.write(wire, Hello.CODEC, ours);
            Hello theirs = Hello.read(wire, Hello.CODEC);
            ours.check(theirs);
            return new Greeted(wire, theirs);
        } catch (ClosedChannelException e) {
            String problem = "no answer within " + HANDSHAKE.toSeconds() + " s";
            throw taken ? new SocketTimeoutException(problem) : new IOException(problem, e);
        } catch (IOException | RuntimeException e) {
            Wire.drop(channel);
            throw e;
        }
    }

    /** Dials for messages. */
    @Override
    public Dialer.Result dial(String target) throws IOException {
        Greeted greeted = greet(target, hello(Hello.Purpose.MESSAGES));
        if (greeted.theirs().address().equals(address)) {
            greeted.close();
            return new Dialer.Self();
        }
        if (greeted.theirs().incarnation() == Hello.NOT_READY) {
            greeted.close();
            throw new IOException("the node there is still starting");
        }
        return new Dialer.Reached(meet(greeted));
    }

    private NodeId meet(Greeted greeted) throws IOException {
        Hello theirs = greeted.theirs();
        NodeId peer = theirs.node();
        try {
            if (peer.equals(self())) {
                throw new IOException("node id " + peer + " is used by " + theirs.address() + " and by this node at "
                        + address + ": one of them has to stop");
            }
            if (self().compareTo(peer) < 0) {
                decide(theirs, greeted.wire());
            } else {
                String verdict = limited(greeted.wire(), () -> Hello.read(greeted.wire(), Hello.VERDICT));
                if (!verdict.isEmpty()) {
                    throw new IOException("refused by node " + peer + ": " + verdict);
                }
                peers.install(theirs, greeted.wire());
            }
            return peer;
        } catch (IOException | RuntimeException e) {
            greeted.close();
            throw e;
        }
    }

    private void decide(Hello theirs, Wire wire) throws IOException {
        String refusal = peers.refusal(theirs);
        try {
            Hello.write(wire, Hello.VERDICT, refusal);
            if (!refusal.isEmpty()) {
                throw new IOException(refusal);
            }
            peers.install(theirs, wire);
        } finally {
            if (refusal.isEmpty()) {
                peers.decided(theirs.node());
            }
        }
    }

    private interface Step<T> {
        T run() throws IOException;
    }

    private <T> T limited(Wire wire, Step<T> step) throws IOException {
        try (Registration _ = time.after(HANDSHAKE, wire::close)) {
            return step.run();
        }
    }

    @Override
    public ByteStream open(NodeId to, int service, byte[] header) throws IOException {
        String target = to.equals(self()) ? address : peers.addressOf(to);
        if (target == null) {
            throw new IOException("stream to node " + to + ": not connected");
        }
        if (header.length > MAX_STREAM_HEADER) {
            throw new IOException("stream to node " + to + ": a header of " + header.length + " bytes is too long");
        }
        Greeted greeted = greet(target, hello(Hello.Purpose.STREAM));
        Wire wire = greeted.wire();
        try (Registration _ = time.after(HANDSHAKE, wire::close)) {
            if (!greeted.theirs().node().equals(to)) {
                throw new IOException("node " + greeted.theirs().node() + " answers at " + target);
            }
            Hello.write(wire, OPENING, new Opening(service, header));
            String refusal = Hello.read(wire, Hello.VERDICT);
            if (!refusal.isEmpty()) {
                throw new IOException("stream to node " + to + ": " + refusal);
            }
        } catch (IOException | RuntimeException e) {
            wire.close();
            throw e;
        }
        return peers.stream(to, wire);
    }

    private void acceptAll() {
        while (!closed) {
            try {
                SocketChannel channel = server.accept();
                time.execute(() -> accepted(channel));
            } catch (IOException e) {
                if (!closed) {
                    LOG.log(Level.WARNING, "accepting connections failed", e);
                }
            } catch (RejectedExecutionException _) {
                return;
            }
        }
    }

    private void accepted(SocketChannel channel) {
        String from = "?";
        try {
            from = String.valueOf(channel.getRemoteAddress());
            Greeted greeted = welcome(channel);
            switch (greeted.theirs().purpose()) {
                case MESSAGES -> meetWhenStarted(greeted);
                case STREAM -> serveStream(greeted);
                case CLAIM -> {
                    Hello claim = greeted.theirs();
                    Hello.write(greeted.wire(), Hello.VERDICT, claims.verdict(claim, peers.addressOf(claim.node())));
                    greeted.close();
                }
            }
        } catch (IOException | RuntimeException e) {
            Wire.drop(channel);
            if (!closed) {
                String peer = from;
                LOG.log(Level.WARNING, () -> "connection from " + peer + " refused: " + e.getMessage());
            }
        }
    }

    private Greeted welcome(SocketChannel channel) throws IOException {
        try (Registration _ = limit(channel)) {
            tune(channel);
            Wire wire = config.security().protect(channel, false);
            Hello theirs = Hello.read(wire, Hello.CODEC);
            Hello ours = hello(theirs.purpose());
            Hello.write(wire, Hello.CODEC, ours);
            ours.check(theirs);
            return new Greeted(wire, theirs);
        }
    }

    private void meetWhenStarted(Greeted greeted) throws IOException {
        if (receiver == null || greeted.theirs().address().equals(address)) {
            greeted.close();
            return;
        }
        try {
            meet(greeted);
        } catch (IOException e) {
            LOG.log(
                    Level.DEBUG,
                    () -> "connection from node " + greeted.theirs().node() + ": " + e.getMessage());
        }
    }

    private void serveStream(Greeted greeted) throws IOException {
        NodeId from = greeted.theirs().node();
        Wire wire = greeted.wire();
        Receiver delivery = receiver;
        Opening opening;
        try (Registration _ = time.after(HANDSHAKE, wire::close)) {
            opening = Hello.read(wire, OPENING);
            boolean accepts = delivery != null && delivery.accepts(opening.service());
            Hello.write(wire, Hello.VERDICT, accepts ? "" : "service " + opening.service() + " accepts no streams");
            if (delivery == null || !accepts) {
                return;
            }
        }
        delivery.stream(from, opening.service(), opening.header(), peers.stream(from, wire));
    }
}
