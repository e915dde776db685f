package org.linuxssi.kddm.spi;

import java.util.Optional;
import java.util.function.LongFunction;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.Decoder;
import org.linuxssi.tools.Encoder;

/**
 * A linker for values that a codec writes whole: nothing but memory stands behind them.
 *
 * @param <T> type of the objects
 */
public class CodecLinker<T> implements IoLinker<T> {

    private final Codec<T> codec;
    private final LongFunction<T> firstTouch;

    /**
     * Makes the linker.
     *
     * @param codec how objects travel
     * @param firstTouch makes an object by its number
     */
    public CodecLinker(Codec<T> codec, LongFunction<T> firstTouch) {
        this.codec = codec;
        this.firstTouch = firstTouch;
    }

    @Override
    public T firstTouch(long object) {
        return firstTouch.apply(object);
    }

    @Override
    public T importObject(long object, Optional<T> into, Decoder in) {
        return codec.decode(in);
    }

    @Override
    public void exportObject(long object, T value, Encoder out) {
        codec.encode(value, out);
    }
}
