package org.linuxssi.rpc;

import java.io.IOException;
import java.util.List;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.DecodeException;
import org.linuxssi.tools.Decoder;
import org.linuxssi.tools.Encoder;
import org.linuxssi.tools.NodeId;

/**
 * What both sides of a new connection say first.
 *
 * @param purpose what the dialing side wants; the other side repeats it
 * @param session session of the cluster
 * @param cluster name of the cluster
 * @param node number of the node; for a CLAIM the number that it would like
 * @param incarnation when the node was started, {@link #NOT_READY} before it has a number
 * @param address where the node is reached, host:port
 * @param peers the peers that the node knows
 */
record Hello(
        Purpose purpose, int session, String cluster, NodeId node, long incarnation, String address, List<Peer> peers) {

    /** A node and where it is reached. */
    record Peer(NodeId node, String address) {
        static final Codec<Peer> CODEC = Codec.of(
                (peer, out) -> out.node(peer.node()).text(peer.address()), in -> new Peer(in.node(), in.text(300)));
    }

    /** The incarnation of a node that has no number yet. */
    static final long NOT_READY = 0;

    /** What a connection is for. */
    enum Purpose {
        /** Messages, one connection a pair of nodes. */
        MESSAGES,
        /** One stream of bytes. */
        STREAM,
        /** A question: may I have this number? */
        CLAIM
    }

    /** The answer of the side that decides; no text means yes. */
    static final Codec<String> VERDICT = Codec.of((text, out) -> out.text(text), in -> in.text(1000));

    static final Codec<Hello> CODEC = Codec.of(
            (hello, out) -> out.constant(hello.purpose())
                    .i16(hello.session())
                    .text(hello.cluster())
                    .node(hello.node())
                    .i64(hello.incarnation())
                    .text(hello.address())
                    .list(hello.peers(), Peer.CODEC),
            in -> new Hello(
                    in.constant(Purpose.values()),
                    in.i16(),
                    in.text(64),
                    in.node(),
                    in.i64(),
                    in.text(300),
                    in.list(NodeId.LIMIT, Peer.CODEC)));

    private static final int MAGIC = 0x4853534c;
    private static final int LIMIT = 128 << 10;

    /** Writes a value that belongs to the handshake: magic, version, length, bytes. */
    static <T> void write(Wire wire, Codec<T> codec, T value) throws IOException {
        byte[] bytes = codec.toBytes(value);
        Encoder out = new Encoder(bytes.length + 16);
        wire.write(out.i32(MAGIC).i8(Frame.VERSION).bytes(bytes).toBytes());
    }

    /** Reads what {@link #write} wrote. */
    static <T> T read(Wire wire, Codec<T> codec) throws IOException {
        try {
            Decoder in = new Decoder(wire.readFully(9));
            if (in.i32() != MAGIC) {
                throw new IOException("the peer does not speak LinuxSSI's protocol (is only one side using TLS?)");
            }
            int version = in.i8();
            if (version != Frame.VERSION) {
                throw new IOException("the peer speaks version " + version + ", this node " + Frame.VERSION);
            }
            return codec.fromBytes(wire.readFully(in.length(LIMIT)));
        } catch (DecodeException bad) {
            throw new IOException("bad handshake: " + bad.getMessage(), bad);
        }
    }

    /** Checks that the other side belongs to the same cluster. */
    void check(Hello theirs) throws IOException {
        if (!theirs.cluster().equals(cluster) || theirs.session() != session) {
            throw new IOException("the peer belongs to cluster '" + theirs.cluster() + "' session " + theirs.session()
                    + ", this node to '" + cluster + "' session " + session);
        }
        RpcConfig.address(theirs.address());
    }
}
