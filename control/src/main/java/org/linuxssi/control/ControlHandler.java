package org.linuxssi.control;

/** The daemon's side of the control protocol. */
@FunctionalInterface
public interface ControlHandler {

    /**
     * Carries out one request, on a platform thread of its own; it may block as long as the request takes.
     *
     * <p>A {@link ControlException} or {@link org.linuxssi.linux.ErrnoException} becomes {@link Reply.Failed} with its
     * errno, any other exception EIO and an entry in the log. The handler checks the caller's rights.
     *
     * @return the last reply
     * @throws InterruptedException when the server closes meanwhile
     */
    Reply.Last handle(Request request, Exchange exchange) throws InterruptedException;
}
