package org.linuxssi.control;

import org.linuxssi.tools.Codec;

/**
 * The size of a terminal.
 *
 * @param rows lines, 0 when unknown
 * @param columns characters a line, 0 when unknown
 */
public record WindowSize(int rows, int columns) {

    /** The size of a terminal that has none. */
    public static final WindowSize UNKNOWN = new WindowSize(0, 0);

    static final Codec<WindowSize> CODEC =
            Codec.of((size, out) -> out.i16(size.rows).i16(size.columns), in -> new WindowSize(in.i16(), in.i16()));

    /**
     * Checks the range.
     *
     * @throws IllegalArgumentException when a number is not in 0..65535
     */
    public WindowSize {
        if (rows < 0 || rows > 0xffff || columns < 0 || columns > 0xffff) {
            throw new IllegalArgumentException("window size " + rows + " x " + columns + " is not in 0..65535");
        }
    }
}
