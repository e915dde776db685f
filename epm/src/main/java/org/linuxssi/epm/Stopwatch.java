package org.linuxssi.epm;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.linuxssi.epm.MigrationReport.Phase;
import org.linuxssi.epm.MigrationReport.Step;
import org.linuxssi.tools.TimeSource;

/** Takes the time of each phase of one migration. */
final class Stopwatch {

    private final TimeSource time;
    private final long start;
    private final List<Phase> phases = new ArrayList<>();
    private long last;
    private long frozenAt;
    private Duration frozen = Duration.ZERO;

    Stopwatch(TimeSource time) {
        this.time = time;
        start = time.nanos();
        last = start;
    }

    /** Ends the step that began with the last call. */
    void lap(Step step) {
        long now = time.nanos();
        phases.add(new Phase(step, Duration.ofNanos(now - last)));
        last = now;
    }

    void freezing() {
        frozenAt = time.nanos();
    }

    void running() {
        frozen = Duration.ofNanos(time.nanos() - frozenAt);
    }

    Duration frozen() {
        return frozen;
    }

    Duration total() {
        return Duration.ofNanos(time.nanos() - start);
    }

    List<Phase> phases() {
        return List.copyOf(phases);
    }
}
