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

    /** Returns one line for a file that the next daemon reads. */
    public String format() {
        return minor + " " + Long.toHexString(flags) + " " + maxWrite + " " + maxReadahead;
    }

    /**
     * Reads what {@link #format()} wrote.
     *
     * @throws IllegalArgumentException when it is something else
     */
    public static FuseNegotiated parse(String line) {
        String[] parts = line.strip().split(" ");
        if (parts.length != 4) {
            throw new IllegalArgumentException("'" + line + "' is not what FUSE negotiated");
        }
        return new FuseNegotiated(
                Integer.parseInt(parts[0]),
                Long.parseUnsignedLong(parts[1], 16),
                Integer.parseInt(parts[2]),
                Integer.parseInt(parts[3]));
    }
}
