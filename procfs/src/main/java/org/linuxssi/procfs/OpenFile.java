package org.linuxssi.procfs;

import org.linuxssi.linux.FuseHeader;

/**
 * A file of {@code /proc} that a program has open. As with the kernel's files, what it reads is made when it opens, and
 * anew whenever it begins again at the start; in between it reads on in what was made.
 *
 * @param opener who opened it, whose rights count for all that is read
 * @param bytes what was made last
 * @param begun whether the start of these bytes was read already
 */
record OpenFile(FuseHeader opener, byte[] bytes, boolean begun) {

    static OpenFile opened(FuseHeader opener, byte[] bytes) {
        return new OpenFile(opener, bytes, false);
    }

    /** Tells whether a read at an offset is answered by these bytes. */
    boolean serves(long offset) {
        return offset > 0 || !begun;
    }

    /** Returns the file after a read at an offset. */
    OpenFile read(long offset) {
        return begun || offset > 0 ? this : new OpenFile(opener, bytes, true);
    }
}
