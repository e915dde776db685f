package org.linuxssi.stream;

import java.nio.ByteBuffer;
import java.util.Optional;
import org.linuxssi.tools.NodeId;

/** Bytes of a stand-in on their way to the original; none at all means the end of writing. */
final class Write {
    Optional<Remote.Key> from;
    final ByteBuffer bytes;

    Write(Remote.Key from, byte[] bytes) {
        this.from = Optional.of(from);
        this.bytes = ByteBuffer.wrap(bytes);
    }

    /** The node needs no answer any more. */
    void forget(NodeId node) {
        from = from.filter(key -> !key.node().equals(node));
    }
}
