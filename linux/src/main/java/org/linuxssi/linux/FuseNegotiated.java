package org.linuxssi.linux;

/**
 * What the kernel and the session agreed on by INIT; keep it for {@link FuseSession#takeOver}.
 *
 * @param minor minor version that both speak
 * @param flags INIT flags that both have ({@link FuseAbi#ASYNC_READ} and so on)
 * @param maxWrite largest write in bytes
 * @param maxReadahead largest read ahead in bytes
 */
public record FuseNegotiated(int minor, long flags, int maxWrite, int maxReadahead) {

    /** Tells whether all these flags were agreed on. */
    public boolean has(long wanted) {
        return (flags & wanted) == wanted;
    }
}
