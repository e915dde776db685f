package org.linuxssi.linux;

/** Bytes that are no well-formed FUSE request. */
public final class FuseFormatException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** Makes the exception for the request with this opcode and this problem. */
    public FuseFormatException(int opcode, String problem) {
        super("FUSE request with opcode " + opcode + ": " + problem, null, false, false);
    }
}
