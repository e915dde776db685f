package org.linuxssi.proc;

/** Answers one kind of notified system call. */
@FunctionalInterface
public interface CallHandler {

    /**
     * Answers now or later. Runs on the thread that receives all notifications of the node, so it must not block: what
     * takes longer goes on elsewhere and answers from there.
     */
    void handle(NotifiedCall call);
}
