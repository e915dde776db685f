package org.linuxssi.kddm.spi;

import org.linuxssi.tools.Codec;
import org.linuxssi.tools.DecodeException;
import org.linuxssi.tools.Decoder;

/**
 * The name of a set.
 *
 * @param namespace keeps the sets of services apart, 0 to 65535; 0 is KDDM's own
 * @param id number in its name space, 1 to 2^31-1
 */
public record SetId(int namespace, int id) implements Comparable<SetId> {

    /** Name space of KDDM itself. */
    public static final int KDDM = 0;

    /** Bytes of a set's name. */
    public static final Codec<SetId> CODEC = Codec.of((set, out) -> out.i64(set.key()), SetId::read);

    /** Checks the ranges. */
    public SetId {
        if (namespace < 0 || namespace > 0xffff) {
            throw new IllegalArgumentException("name space " + namespace + " is not in 0-65535");
        }
        if (id < 1) {
            throw new IllegalArgumentException("set id " + id + " is not positive");
        }
    }

    /** Returns the name of a set. */
    public static SetId of(int namespace, int id) {
        return new SetId(namespace, id);
    }

    /** Returns both numbers in one. */
    public long key() {
        return (long) namespace << 32 | id;
    }

    private static SetId read(Decoder in) {
        long key = in.i64();
        if (key >>> 48 != 0 || (int) key < 1) {
            throw new DecodeException(in.position() - 8, "no set id: " + Long.toHexString(key));
        }
        return ofKey(key);
    }

    /** Returns the name with this {@link #key()}. */
    public static SetId ofKey(long key) {
        return new SetId((int) (key >>> 32), (int) key);
    }

    @Override
    public int compareTo(SetId other) {
        return Long.compare(key(), other.key());
    }

    @Override
    public String toString() {
        return namespace + ":" + id;
    }
}
