package org.linuxssi.linux;

/**
 * A time of a file.
 *
 * @param seconds since 1970
 * @param nanos 0 to 999,999,999
 */
public record FuseTime(long seconds, int nanos) {

    /** The beginning of 1970. */
    public static final FuseTime ZERO = new FuseTime(0, 0);
}
