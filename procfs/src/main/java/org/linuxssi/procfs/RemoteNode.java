package org.linuxssi.procfs;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import org.linuxssi.procfs.ProcServices.Batch;
import org.linuxssi.tools.NodeId;

/** What is known of another node's processes; several threads use it. */
final class RemoteNode {

    /** Boot times that differ less than this, in hundredths of a second, are the same: start times must not jitter. */
    private static final long SHIFT_TOLERANCE = 50;

    private static final int SINGLES = 8;

    private final NodeId id;
    private Map<Integer, RemoteProcess> processes = Map.of();
    private OptionalLong listed = OptionalLong.empty();
    private OptionalLong shift = OptionalLong.empty();
    private OptionalLong silentUntil = OptionalLong.empty();
    private int singles;

    RemoteNode(NodeId id) {
        this.id = id;
    }

    NodeId id() {
        return id;
    }

    /** Tells whether the node failed to answer a short while ago. */
    synchronized boolean isSilent(long now) {
        return silentUntil.isPresent() && now - silentUntil.getAsLong() < 0;
    }

    synchronized void silent(long until) {
        silentUntil = OptionalLong.of(until);
    }

    /** Returns all processes, when they were listed not longer ago than the age in nanoseconds. */
    synchronized Optional<List<RemoteProcess>> list(long now, long age) {
        if (listed.isEmpty() || now - listed.getAsLong() > age) {
            return Optional.empty();
        }
        return Optional.of(List.copyOf(processes.values()));
    }

    /** What was listed is no longer true. */
    synchronized void forget() {
        listed = OptionalLong.empty();
        processes = Map.of();
    }

    synchronized Optional<RemoteProcess> find(int pid, long now, long age) {
        return Optional.ofNullable(processes.get(pid)).filter(process -> now - process.taken() <= age);
    }

    /** Takes in the answer to a request for all processes. */
    synchronized void replace(Batch batch, long uptimeHere, long now) {
        Map<Integer, RemoteProcess> fresh = new ConcurrentHashMap<>();
        batch.processes().forEach(entry -> fresh.put(entry.pid(), process(entry, batch, uptimeHere, now)));
        processes = fresh;
        listed = OptionalLong.of(now);
        singles = 0;
        silentUntil = OptionalLong.empty();
    }

    /** Counts a request for one process; tells whether there were so many that asking for all is cheaper. */
    synchronized boolean isAskedOften() {
        return ++singles > SINGLES;
    }

    /** Takes in the answer to a request for one process. */
    synchronized Optional<RemoteProcess> update(int pid, Batch batch, long uptimeHere, long now) {
        if (processes.isEmpty()) {
            processes = new ConcurrentHashMap<>();
        }
        processes.remove(pid);
        batch.processes().forEach(entry -> processes.put(entry.pid(), process(entry, batch, uptimeHere, now)));
        return Optional.ofNullable(processes.get(pid));
    }

    private RemoteProcess process(ProcessEntry entry, Batch batch, long uptimeHere, long now) {
        long seen = uptimeHere - batch.uptime();
        if (shift.isEmpty() || Math.abs(shift.getAsLong() - seen) > SHIFT_TOLERANCE) {
            shift = OptionalLong.of(seen);
        }
        return new RemoteProcess(id, entry, shift.getAsLong(), now);
    }
}
