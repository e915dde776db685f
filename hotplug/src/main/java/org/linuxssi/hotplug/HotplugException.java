package org.linuxssi.hotplug;

/** An operation on the membership that was refused or did not succeed; the message is for people. */
public final class HotplugException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** Makes the exception. */
    public HotplugException(String message) {
        super(message);
    }
}
