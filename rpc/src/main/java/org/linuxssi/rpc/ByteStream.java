package org.linuxssi.rpc;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;

/**
 * Bytes in both directions between two nodes, without limit and never whole in memory. One thread may read while another
 * writes. When either side or the link fails, both methods throw.
 */
public interface ByteStream extends ByteChannel {

    /** Writes all bytes of the buffer; blocks while the peer does not read. */
    @Override
    int write(ByteBuffer source) throws IOException;

    /** Reads some bytes, or returns -1 after the peer's {@link #finish()}. */
    @Override
    int read(ByteBuffer target) throws IOException;

    /** Ends our direction; the peer reads what was written, then -1. */
    void finish() throws IOException;

    /** Drops the stream in both directions. */
    @Override
    void close();
}
