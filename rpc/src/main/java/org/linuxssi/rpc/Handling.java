package org.linuxssi.rpc;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.linuxssi.tools.NodeId;

/** A request while its handler works on it. */
final class Handling {

    /** What tells requests apart: numbers are unique at their origin. */
    record Key(NodeId origin, long request) {}

    final Key key;
    final Service<?, ?> service;
    private final List<Runnable> onCancel = new ArrayList<>();
    private @Nullable Thread thread;
    private boolean cancelled;
    private boolean forwarded;

    Handling(Key key, Service<?, ?> service) {
        this.key = key;
        this.service = service;
    }

    boolean inline() {
        return service.dispatch() == Service.Dispatch.INLINE;
    }

    boolean wantsReply() {
        return key.request() != 0;
    }

    synchronized boolean begin() {
        thread = inline() ? null : Thread.currentThread();
        return !cancelled;
    }

    /** No interrupt comes after this. */
    synchronized void end() {
        if (thread != null) {
            thread = null;
            Thread.interrupted();
        }
    }

    void cancel() {
        List<Runnable> actions;
        synchronized (this) {
            cancelled = true;
            if (thread != null) {
                thread.interrupt();
            }
            actions = List.copyOf(onCancel);
        }
        actions.forEach(Runnable::run);
    }

    /** Has the action run when the request is cancelled, at once if it was. */
    void onCancel(Runnable action) {
        boolean now;
        synchronized (this) {
            onCancel.add(action);
            now = cancelled;
        }
        if (now) {
            action.run();
        }
    }

    synchronized void forwarded() {
        forwarded = true;
    }

    synchronized boolean answersItself() {
        return wantsReply() && !forwarded;
    }
}
