package org.linuxssi.checkpoint;

import java.util.List;
import org.linuxssi.epm.JointStart;
import org.linuxssi.ghost.ProcessArrival;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Signals;
import org.linuxssi.proc.ProcessTable;
import org.linuxssi.tools.Registration;

/** An application that was built from a saved version and has not run since. */
final class NotBegun implements StandingStill {

    private final Manifest version;
    private final List<Integer> hosts;
    private final List<ProcessArrival> built;
    private final JointStart start;
    private final List<Registration> kept;
    private final ProcessTable table;
    private boolean runs;

    /**
     * Takes over what was built.
     *
     * @param hosts the processes by their numbers in our pid name space
     * @param start closed when they run
     * @param kept closed then, too
     */
    NotBegun(
            Manifest version,
            List<Integer> hosts,
            List<ProcessArrival> built,
            JointStart start,
            List<Registration> kept,
            ProcessTable table) {
        this.version = version;
        this.hosts = List.copyOf(hosts);
        this.built = List.copyOf(built);
        this.start = start;
        this.kept = List.copyOf(kept);
        this.table = table;
    }

    @Override
    public int uid() {
        return version.uid();
    }

    @Override
    public int size() {
        return hosts.size();
    }

    @Override
    public long stoodNanos() {
        return 0;
    }

    @Override
    public long save(Versions.Draft draft) {
        throw new ErrnoException(
                "application " + version.application() + " has not run since it was started, and is not saved: version "
                        + version.version() + " is what it is",
                Errno.EINVAL);
    }

    @Override
    public void letGo(int signal) {
        hosts.forEach(host -> Signals.kill(host, signal));
        close();
        if (signal == Signals.SIGKILL) {
            FrozenApplication.awaitEnds(hosts);
        }
    }

    /** May be called twice. */
    @Override
    public void close() {
        if (!runs) {
            runs = true;
            built.forEach(ProcessArrival::run);
            table.settled();
            start.close();
            kept.forEach(Registration::close);
        }
    }
}
