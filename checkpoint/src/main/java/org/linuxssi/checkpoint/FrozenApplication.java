package org.linuxssi.checkpoint;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.linuxssi.capability.Families;
import org.linuxssi.capability.Kin;
import org.linuxssi.epm.MigrationException;
import org.linuxssi.epm.Migrator;
import org.linuxssi.ghost.Imager;
import org.linuxssi.ghost.ProcessDeparture;
import org.linuxssi.ghost.SavedFiles;
import org.linuxssi.ghost.SharedFiles;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.Signals;
import org.linuxssi.proc.Relations;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.Registration;

/** An application whose processes all stand still, at one point of time. */
final class FrozenApplication implements StandingStill {

    private static final Logger LOG = System.getLogger(FrozenApplication.class.getName());
    private static final int LOOKS = 10;
    private static final long PAUSE = 10_000_000;
    private static final long STEP = 1_000_000;
    private static final Duration END = Duration.ofSeconds(5);
    private static final int ROUNDS = 50;
    private static final int INIT = 1;

    private final int number;
    private final int caller;
    private final Surroundings around;
    private final SavedFiles files;
    private final Imager imager;
    private final Map<Integer, Frozen> processes = new LinkedHashMap<>();
    private final Map<Integer, Begun> begun = new LinkedHashMap<>();
    private final Map<Integer, Registration> kept = new HashMap<>();
    private Families families;
    private int uid;
    private int count;
    private long since;
    private long stood;

    /** A process that stands still. */
    private record Frozen(int pid, int host, ProcessDeparture image) {}

    /** A process whose memory was written while it ran. */
    private record Begun(ProcessDeparture image, ImageFiles files, long bytes) {}

    /**
     * Begins to freeze an application.
     *
     * @param caller the user who asks
     * @param leavesOut whether files that can't be saved are left out, instead of refused
     */
    private FrozenApplication(int number, Surroundings around, int caller, boolean leavesOut) {
        this.number = number;
        this.caller = caller;
        this.around = around;
        files = new SavedFiles(leavesOut);
        imager = new Imager(around.imager().premises(), files);
        families = around.capabilities().families();
    }

    /**
     * Freezes all processes of an application; what can't be saved is found before the first of them stands still.
     *
     * @param draft where its memory is written to as far as possible while it runs; empty when it is only to be frozen
     * @throws CheckpointException when it can't; it runs on then
     */
    static FrozenApplication freeze(
            int number, Surroundings around, int caller, boolean leavesOut, Optional<Versions.Draft> draft)
            throws CheckpointException, IOException {
        FrozenApplication frozen = new FrozenApplication(number, around, caller, leavesOut);
        boolean complete = false;
        try {
            Map<Integer, Integer> running = frozen.look();
            if (draft.isPresent()) {
                frozen.copyLive(running, draft.get());
            }
            around.faults().reached(Phase.LOOKED, number);
            frozen.freezeAll();
            around.faults().reached(Phase.FROZEN, number);
            complete = true;
            return frozen;
        } finally {
            if (!complete) {
                frozen.close();
            }
        }
    }

    private List<Kin> members() throws CheckpointException {
        families = around.capabilities().families();
        List<Kin> members = families.members(number);
        if (members.isEmpty()) {
            throw new CheckpointException(Errno.ESRCH, "application " + number + " has no process");
        }
        for (Kin member : members) {
            if (caller != 0 && caller != member.uid()) {
                throw new CheckpointException(
                        Errno.EPERM,
                        "pid " + member.pid() + " of application " + number + " belongs to user " + member.uid()
                                + ": only that user and root may save it");
            }
            if (!member.node().equals(around.self())) {
                throw new CheckpointException(
                        Errno.EAGAIN,
                        "application " + number + " is on several nodes: pid " + member.pid() + " is on node "
                                + member.node() + "; move it to node " + around.self() + " first");
            }
        }
        return members;
    }

    /** Some obstacles pass at once: a child has all of its parent's until it executes a program. */
    private Map<Integer, Integer> look() throws CheckpointException {
        for (int look = 1; ; look++) {
            List<Kin> members = members();
            uid = members.getFirst().uid();
            Map<Integer, Integer> now = new LinkedHashMap<>();
            members.forEach(member -> host(member).ifPresent(host -> now.put(member.pid(), host)));
            files.look(now.values(), false);
            List<String> obstacles = new ArrayList<>();
            now.forEach((pid, host) -> obstacles(host).forEach(one -> obstacles.add("pid " + pid + ": " + one)));
            if (obstacles.isEmpty()) {
                return now;
            }
            if (look == LOOKS) {
                refuse(obstacles);
            }
            LockSupport.parkNanos(PAUSE);
        }
    }

    private List<String> obstacles(int host) {
        try {
            return imager.obstacles(host);
        } catch (ErrnoException problem) {
            if (problem.errno() == Errno.ESRCH || problem.errno() == Errno.ENOENT) {
                return List.of();
            }
            throw problem;
        }
    }

    /** What is written meanwhile is all that has to be written again while they stand still. */
    private void copyLive(Map<Integer, Integer> running, Versions.Draft draft) throws CheckpointException, IOException {
        for (Map.Entry<Integer, Integer> process : running.entrySet()) {
            if (memory(process.getValue()) >= Migrator.LIVE_FROM) {
                keep(process.getKey());
                copyLive(process.getKey(), process.getValue(), draft);
            }
        }
    }

    private long memory(int host) {
        try {
            return imager.memory(host);
        } catch (ErrnoException ended) {
            return 0;
        }
    }

    private void copyLive(int pid, int host, Versions.Draft draft) throws IOException {
        ProcessDeparture image = imager.depart(host);
        ImageFiles channels = ImageFiles.create(draft, pid);
        boolean copied = false;
        try {
            begun.put(pid, new Begun(image, channels, channels.copyLive(image)));
            copied = true;
        } catch (ErrnoException changed) {
            LOG.log(Level.DEBUG, "pid {0} is written when it stands still: {1}", pid, changed.getMessage());
        } finally {
            if (!copied) {
                image.close();
                channels.discard();
            }
        }
    }

    private void keep(int pid) throws CheckpointException {
        if (!kept.containsKey(pid)) {
            try {
                kept.put(pid, around.migrator().keep(pid));
            } catch (MigrationException moving) {
                throw new CheckpointException(moving.errno(), String.valueOf(moving.getMessage()));
            }
        }
    }

    private void refuse(List<String> obstacles) throws CheckpointException {
        if (!obstacles.isEmpty()) {
            throw new CheckpointException(
                    Errno.EAGAIN, "application " + number + " cannot be saved: " + String.join("; ", obstacles));
        }
    }

    private Optional<Integer> host(Kin member) {
        try {
            return Optional.of(around.table().hostPid(member.pid()));
        } catch (ErrnoException ended) {
            return Optional.empty();
        }
    }

    /**
     * Children can be made until the last of them stands still, and one that ends has its files for a moment after it
     * cannot be stopped any more.
     */
    private void freezeAll() throws CheckpointException, IOException {
        Set<Integer> ended = new HashSet<>();
        int looks = 0;
        for (int round = 0; round < ROUNDS; round++) {
            List<Kin> fresh = members().stream()
                    .filter(kin -> !processes.containsKey(kin.pid()) && !ended.contains(kin.pid()))
                    .toList();
            if (fresh.isEmpty()) {
                List<String> refused = refusedFiles();
                if (refused.isEmpty()) {
                    return;
                }
                if (++looks == LOOKS) {
                    refuse(refused);
                }
                LockSupport.parkNanos(PAUSE);
            }
            for (Kin kin : fresh) {
                if (!freeze(kin)) {
                    ended.add(kin.pid());
                }
            }
        }
        throw new CheckpointException(
                Errno.EAGAIN, "application " + number + " makes processes faster than they can be stopped");
    }

    private List<String> refusedFiles() {
        files.look(processes.values().stream().map(Frozen::host).toList(), true);
        List<String> refused = new ArrayList<>();
        for (Frozen process : processes.values()) {
            imager.refusedFiles(process.host()).forEach(one -> refused.add("pid " + process.pid() + ": " + one));
        }
        return refused;
    }

    private boolean freeze(Kin kin) throws CheckpointException, IOException {
        Optional<Integer> host = host(kin);
        if (host.isEmpty()) {
            return false;
        }
        keep(kin.pid());
        since = processes.isEmpty() ? System.nanoTime() : since;
        Begun live = begun.get(kin.pid());
        Optional<ProcessDeparture> image = live == null ? Optional.empty() : stopped(live.image());
        if (image.isEmpty()) {
            drop(kin.pid());
            image = stopped(imager.depart(host.get()));
        }
        image.ifPresent(one -> processes.put(kin.pid(), new Frozen(kin.pid(), host.get(), one)));
        count = processes.size();
        return image.isPresent();
    }

    /** Stops a process; nothing when it has ended, or executes another program than the one whose memory was written. */
    private static Optional<ProcessDeparture> stopped(ProcessDeparture process) {
        try {
            process.freeze();
            return Optional.of(process);
        } catch (ErrnoException problem) {
            process.close();
            if (problem.errno() == Errno.ESRCH || problem.errno() == Errno.EAGAIN) {
                return Optional.empty();
            }
            throw problem;
        }
    }

    private void drop(int pid) throws IOException {
        Begun live = begun.remove(pid);
        if (live != null) {
            live.image().close();
            live.files().discard();
        }
    }

    @Override
    public int uid() {
        return uid;
    }

    @Override
    public int size() {
        return count;
    }

    @Override
    public long stoodNanos() {
        return stood;
    }

    @Override
    public long save(Versions.Draft draft) throws IOException {
        List<Task> tasks = new ArrayList<>();
        long bytes = 0;
        for (Frozen process : processes.values()) {
            int pid = process.pid();
            tasks.add(task(process));
            Begun live = begun.remove(pid);
            bytes += live == null ? 0 : live.bytes();
            try (ImageFiles channels = live == null ? ImageFiles.create(draft, pid) : live.files()) {
                bytes += channels.copyRest(process.image());
            }
        }
        around.faults().reached(Phase.IMAGED, number);
        NodeId node = around.self();
        bytes += files.writeObjects(number -> ImageFiles.create(draft.file(sharedMemory(node, number))));
        SharedFiles shared = files.all();
        CheckedFile.write(draft.file("shared_obj_" + node + ".bin"), SharedFiles.CODEC, shared);
        CheckedFile.write(draft.file("node_" + node + ".bin"), Task.Part.CODEC, new Task.Part(node, tasks));
        Texts.writeUserInfo(draft.file("user_info_" + node + ".txt"), tasks, shared);
        return bytes;
    }

    /** Returns the name of the file with the content of shared memory. */
    static String sharedMemory(NodeId node, int number) {
        return "shared_mm_" + node + "_" + number + ".bin";
    }

    private Task task(Frozen process) {
        int pid = process.pid();
        Relations now = around.table().relations(pid);
        Relations.Numbers self = now.self();
        int parent = processes.containsKey(self.parent()) ? self.parent() : INIT;
        Relations.Numbers numbers =
                new Relations.Numbers(pid, parent, self.group(), self.session(), self.uid(), self.gid(), false);
        List<Relations.Child> zombies = now.children().stream()
                .filter(child -> child.zombie().isPresent())
                .toList();
        return new Task(
                new Relations(numbers, NodeSet.EMPTY, zombies),
                imager.needs(process.host()),
                around.table().history(pid),
                families.of(pid),
                ProcFiles.text(process.host(), "comm").strip());
    }

    @Override
    public void letGo(int signal) {
        List<Integer> hosts = processes.values().stream().map(Frozen::host).toList();
        hosts.forEach(host -> Signals.kill(host, signal));
        close();
        if (signal == Signals.SIGKILL) {
            awaitEnds(hosts);
        }
    }

    /** Waits until processes that were killed have ended. */
    static void awaitEnds(List<Integer> hosts) {
        long end = System.nanoTime() + END.toNanos();
        while (hosts.stream().anyMatch(FrozenApplication::runs) && System.nanoTime() < end) {
            LockSupport.parkNanos(STEP);
        }
    }

    private static boolean runs(int host) {
        try {
            return ProcFiles.stat(host).state() != 'Z';
        } catch (ErrnoException ended) {
            return false;
        }
    }

    @Override
    public void close() {
        stood = processes.isEmpty() ? stood : System.nanoTime() - since;
        processes.values().forEach(process -> process.image().close());
        processes.clear();
        begun.values().forEach(live -> live.image().close());
        begun.values().forEach(live -> live.files().close());
        begun.clear();
        files.close();
        kept.values().forEach(Registration::close);
        kept.clear();
    }
}
