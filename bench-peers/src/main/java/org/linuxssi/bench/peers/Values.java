package org.linuxssi.bench.peers;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Values that tell which key and which write they are of, so that a lost or an old one is noticed. */
final class Values {

    /** Bytes of a value. */
    static final int BYTES = 4096;

    private Values() {}

    static byte[] make(long key, long version) {
        return ByteBuffer.allocate(BYTES).putLong(key).putLong(version).array();
    }

    /** Returns the value; fails when there is none. */
    static byte[] present(long key, byte @Nullable [] value) {
        if (value == null) {
            throw new IllegalStateException("key " + key + " has no value");
        }
        return value;
    }

    /** Fails when the value is not of this key and write. */
    static void check(byte[] value, long key, long version) {
        ByteBuffer buffer = ByteBuffer.wrap(value);
        if (value.length != BYTES || buffer.getLong(0) != key || buffer.getLong(Long.BYTES) != version) {
            throw new IllegalStateException("key " + key + " should have write " + version + " and has "
                    + (value.length == BYTES
                            ? "write " + buffer.getLong(Long.BYTES) + " of key " + buffer.getLong(0)
                            : value.length + " bytes"));
        }
    }
}
