package org.linuxssi.hotplug;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** Runs tasks one after the other, on the threads that post them. */
final class Mailbox {

    private static final Logger LOG = System.getLogger(Mailbox.class.getName());

    private final Deque<Runnable> tasks = new ArrayDeque<>();
    private final Runnable afterwards;
    private boolean running;
    private boolean closed;

    /** Makes a mailbox that runs this after all tasks that were there. */
    Mailbox(Runnable afterwards) {
        this.afterwards = afterwards;
    }

    void post(Runnable task) {
        synchronized (tasks) {
            if (closed) {
                return;
            }
            tasks.add(task);
            if (running) {
                return;
            }
            running = true;
        }
        for (Runnable next = next(); next != null; next = next()) {
            try {
                next.run();
            } catch (RuntimeException e) {
                LOG.log(Level.ERROR, "membership: a step failed", e);
            }
        }
    }

    private @Nullable Runnable next() {
        while (true) {
            synchronized (tasks) {
                Runnable task = tasks.poll();
                if (task != null) {
                    return task;
                }
            }
            afterwards.run();
            synchronized (tasks) {
                if (tasks.isEmpty()) {
                    running = false;
                    return null;
                }
            }
        }
    }

    void close() {
        synchronized (tasks) {
            closed = true;
            tasks.clear();
        }
    }
}
