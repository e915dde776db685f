package org.linuxssi.testbed;

/** Something the test bed could not do; the message names what, why and the next step. */
public final class TestBedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** Makes the exception. */
    public TestBedException(String message) {
        super(message);
    }

    /** Makes the exception with its cause. */
    public TestBedException(String message, Throwable cause) {
        super(message, cause);
    }
}
