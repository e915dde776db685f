package org.linuxssi.epm;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.linuxssi.epm.Migration.Key;
import org.linuxssi.epm.Migration.Outcome;
import org.linuxssi.hotplug.Hotplug;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.rpc.RpcException;
import org.linuxssi.tools.NodeId;

/**
 * Finds out whether a target let a process run, when the word to do so may have been lost, however long that takes.
 *
 * @param returning tells of nodes that failed whether their next daemon is waited for
 */
record Doubt(Rpc rpc, Hotplug hotplug, Predicate<NodeId> returning) {

    private static final Duration ANSWER = Duration.ofSeconds(2);
    private static final Duration RETRY = Duration.ofMillis(100);

    boolean ran(Key key, NodeId target) {
        boolean interrupted = false;
        try {
            while (mayAnswer(target)) {
                try {
                    return rpc.call(target, Migration.OUTCOME, key, ANSWER) == Outcome.RAN;
                } catch (RpcException _) {
                    interrupted |= Thread.interrupted();
                    LockSupport.parkNanos(RETRY.toNanos());
                }
            }
            return false;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Waits until this node is a member. */
    void awaitMembership() {
        while (!member()) {
            LockSupport.parkNanos(RETRY.toNanos());
        }
    }

    private boolean member() {
        return hotplug.settled().members().contains(rpc.self());
    }

    /** While this node is no member, it cannot know that the target is none. */
    private boolean mayAnswer(NodeId target) {
        return !member()
                || hotplug.settled().members().contains(target)
                || hotplug.view().members().contains(target)
                || returning.test(target);
    }
}
