package org.linuxssi.kddm;

import java.time.Duration;
import org.linuxssi.tools.Registration;
import org.linuxssi.tools.TimeSource;

/** A time that does not go on: what is to be done at once is done, what is to be done later never. Waiting has the machine's limits. */
record StandingTime(TimeSource machine) implements TimeSource {

    @Override
    public long nanos() {
        return 1;
    }

    @Override
    public Registration after(Duration delay, Runnable task) {
        return delay.isZero() ? machine.after(delay, task) : () -> {};
    }

    @Override
    public void execute(Runnable task) {
        machine.execute(task);
    }
}
