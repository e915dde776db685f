package org.linuxssi.tools;

/**
 * Writes values of one type as bytes and reads them back.
 *
 * <pre>{@code
 * record Ping(long sequence, String text) {
 *     static final Codec<Ping> CODEC = Codec.of(
 *             (ping, out) -> out.i64(ping.sequence()).text(ping.text()),
 *             in -> new Ping(in.i64(), in.text(200)));
 * }
 * }</pre>
 *
 * @param <T> the type of the values
 */
public interface Codec<T> {

    /** No bytes at all, for messages whose arrival says everything. */
    Codec<Nothing> NOTHING = of((value, out) -> {}, in -> Nothing.NOTHING);

    /** Appends the bytes of the value. */
    void encode(T value, Encoder out);

    /**
     * Reads one value.
     *
     * @throws DecodeException when the bytes are not those of a value
     */
    T decode(Decoder in);

    /** Returns the codec made of two functions. */
    static <T> Codec<T> of(Writer<T> writer, Reader<T> reader) {
        return new Codec<>() {
            @Override
            public void encode(T value, Encoder out) {
                writer.write(value, out);
            }

            @Override
            public T decode(Decoder in) {
                return reader.read(in);
            }
        };
    }

    /** Returns the bytes of one value. */
    default byte[] toBytes(T value) {
        Encoder out = new Encoder();
        encode(value, out);
        return out.toBytes();
    }

    /**
     * Reads one value that takes all of the bytes.
     *
     * @throws DecodeException when the bytes are not those of exactly one value
     */
    default T fromBytes(byte[] bytes) {
        Decoder in = new Decoder(bytes);
        T value = decode(in);
        in.end();
        return value;
    }

    /** The writing half of a codec. */
    @FunctionalInterface
    interface Writer<T> {
        /** Appends the bytes of the value. */
        void write(T value, Encoder out);
    }

    /** The reading half of a codec. */
    @FunctionalInterface
    interface Reader<T> {
        /** Reads one value. */
        T read(Decoder in);
    }

    /** The type with one value. */
    enum Nothing {
        /** The value. */
        NOTHING
    }
}
