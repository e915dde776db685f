package org.linuxssi.tools;

import java.time.Duration;
import java.util.concurrent.Executor;

/**
 * Time and deferred work, passed in everywhere below the services so that the simulator can drive both.
 *
 * <p>Implementations: {@code SystemTime} for daemons, virtual time in the simulator.
 */
public interface TimeSource extends Executor {

    /** Returns a time in nanoseconds that never goes back and means something only by difference. */
    long nanos();

    /** Runs the task once after the delay, unless the registration is closed before. */
    Registration after(Duration delay, Runnable task);

    /** Runs the task soon, on a thread where it may block. */
    @Override
    void execute(Runnable task);
}
