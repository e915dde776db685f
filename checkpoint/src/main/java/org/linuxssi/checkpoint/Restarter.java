package org.linuxssi.checkpoint;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.linuxssi.capability.Families;
import org.linuxssi.epm.JointStart;
import org.linuxssi.epm.MigrationException;
import org.linuxssi.ghost.HeldProcess;
import org.linuxssi.ghost.Imager;
import org.linuxssi.ghost.ProcessArrival;
import org.linuxssi.ghost.RestoredFiles;
import org.linuxssi.ghost.SharedFiles;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.WaitStatus;
import org.linuxssi.proc.Relations;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.Registration;

/** Starts applications again from saved versions, on this node, with the numbers that their processes had. */
public final class Restarter {

    private static final int PART = 1 << 28;

    private final Surroundings around;
    private final Versions versions;
    private final Checkpointer checkpointer;

    /** Starts applications in the container of this node; those that are to stand still are the checkpointer's. */
    public Restarter(Surroundings around, Versions versions, Checkpointer checkpointer) {
        this.around = around;
        this.versions = versions;
        this.checkpointer = checkpointer;
    }

    /**
     * What to start.
     *
     * @param application its number
     * @param version which of its versions
     * @param uid the user who asks; root may start all, others their own
     * @param instead descriptors of ours in the place of shared files, by their numbers in {@code user_info}
     * @param terminals descriptor of ours in the place of all terminals; negative for none, which is /dev/null
     * @param standsStill whether it is to stand still until it is let go
     */
    public record Wish(
            int application, int version, int uid, Map<Integer, Integer> instead, int terminals, boolean standsStill) {}

    /**
     * An application that runs again.
     *
     * @param pids its processes, parents before their children
     * @param end completes when its first process ends
     */
    public record Restarted(List<Integer> pids, CompletableFuture<WaitStatus> end) {}

    /**
     * Starts an application.
     *
     * @throws CheckpointException ENOENT when there is no such version, EPERM for another user's, EEXIST when one of its
     *     numbers is in use, EAGAIN when this node lacks what it needs, EIO for a damaged version; nothing runs then
     */
    public Restarted restart(Wish wish) throws CheckpointException {
        String what = "version " + wish.version() + " of application " + wish.application();
        try {
            return start(wish, what);
        } catch (NoSuchFileException absent) {
            throw new CheckpointException(Errno.ENOENT, what + " is not started: " + absent.getMessage());
        } catch (IOException problem) {
            throw new CheckpointException(Errno.EIO, what + " is not started: " + problem.getMessage());
        } catch (ErrnoException problem) {
            throw new CheckpointException(problem.errno(), what + " is not started: " + problem.getMessage());
        }
    }

    private Restarted start(Wish wish, String what) throws IOException, CheckpointException {
        Manifest manifest = versions.manifest(wish.application(), wish.version());
        if (wish.uid() != 0 && wish.uid() != manifest.uid()) {
            throw new CheckpointException(
                    Errno.EPERM,
                    what + " belongs to user " + manifest.uid() + ": only that user and root may start it");
        }
        if (manifest.nodes().size() != 1) {
            throw new IOException("it was saved on several nodes, " + manifest.nodes());
        }
        Path place = versions.place(wish.application(), wish.version());
        NodeId node = manifest.nodes().getFirst();
        Task.Part part = CheckedFile.read(place.resolve("node_" + node + ".bin"), Task.Part.CODEC, PART);
        SharedFiles shared = CheckedFile.read(place.resolve("shared_obj_" + node + ".bin"), SharedFiles.CODEC, PART);
        requireFree(part, what);
        requireAll(part, what);
        Map<Integer, Integer> instead = new HashMap<>(wish.instead());
        if (wish.terminals() >= 0) {
            shared.terminals().forEach(number -> instead.putIfAbsent(number, wish.terminals()));
        }
        String root = "/proc/" + around.imager().premises().init() + "/root";
        try (RestoredFiles files = new RestoredFiles(
                shared,
                root,
                number -> FileChannel.open(place.resolve(FrozenApplication.sharedMemory(node, number))),
                instead)) {
            return build(wish, new Saved(manifest, part, place, files));
        }
    }

    private void requireFree(Task.Part part, String what) throws CheckpointException {
        Families families = around.capabilities().families();
        for (Task task : part.tasks()) {
            if (families.contains(task.pid())) {
                throw new CheckpointException(
                        Errno.EEXIST,
                        what + " is not started: pid " + task.pid() + " is in use on node "
                                + families.get(task.pid()).node());
            }
        }
    }

    private void requireAll(Task.Part part, String what) throws CheckpointException {
        List<String> lacking = new ArrayList<>();
        for (Task task : part.tasks()) {
            around.imager().lackingLater(task.needs()).forEach(one -> lacking.add("pid " + task.pid() + ": " + one));
        }
        if (!lacking.isEmpty()) {
            throw new CheckpointException(
                    Errno.EAGAIN,
                    what + " is not started on node " + around.self() + ": " + String.join("; ", lacking));
        }
    }

    /** A version that is being started. */
    private record Saved(Manifest manifest, Task.Part part, Path place, RestoredFiles files) {
        List<Task> tasks() {
            return part.tasks();
        }
    }

    private Restarted build(Wish wish, Saved saved) throws IOException {
        List<Relations> tree = saved.tasks().stream().map(Task::relations).toList();
        try {
            return build(wish, saved, around.revival().prepare(tree));
        } finally {
            around.revival().over(tree);
        }
    }

    private Restarted build(Wish wish, Saved saved, List<Integer> agents) throws IOException {
        List<ProcessArrival> built = new ArrayList<>();
        List<Registration> kept = new ArrayList<>();
        JointStart start = around.migrator().jointStart();
        boolean passedOn = false;
        try {
            if (wish.standsStill()) {
                keep(saved, kept);
            }
            hold(saved, agents, built, start);
            Restarted restarted = arrived(saved);
            NotBegun whole = new NotBegun(saved.manifest(), agents, built, start, kept, around.table());
            passedOn = true;
            if (wish.standsStill()) {
                checkpointer.keep(wish.application(), whole);
            } else {
                whole.close();
            }
            return restarted;
        } finally {
            if (!passedOn) {
                start.close();
                kept.forEach(Registration::close);
            }
        }
    }

    /** Lets none of them move. */
    private void keep(Saved saved, List<Registration> kept) {
        for (Task task : saved.tasks()) {
            try {
                kept.add(around.migrator().keep(task.pid()));
            } catch (MigrationException moving) {
                throw new ErrnoException("keep pid " + task.pid(), moving.errno());
            }
        }
    }

    /** Builds all processes, so that they run whatever happens; otherwise none is there. */
    private void hold(Saved saved, List<Integer> agents, List<ProcessArrival> built, JointStart start)
            throws IOException {
        Imager imager = new Imager(around.imager().premises(), saved.files());
        boolean complete = false;
        try {
            reached(Phase.PREPARED, saved);
            for (int i = 0; i < agents.size(); i++) {
                int pid = saved.tasks().get(i).pid();
                built.add(arrive(imager, saved.place(), pid, agents.get(i)));
            }
            saved.files().watch(numbers(saved, agents));
            reached(Phase.BUILT, saved);
            for (int i = 0; i < agents.size(); i++) {
                byte[] held = HeldProcess.CODEC.toBytes(built.get(i).hold());
                start.add(saved.tasks().get(i).pid(), held);
            }
            saved.tasks().forEach(task -> around.table().moved(task.pid(), around.self()));
            reached(Phase.HELD, saved);
            start.decide();
            saved.files().settle();
            complete = true;
        } finally {
            if (!complete) {
                takeBack(saved, built);
            }
        }
    }

    /** Returns the numbers of processes in our pid name space by those in the cluster. */
    private static Map<Integer, Integer> numbers(Saved saved, List<Integer> agents) {
        Map<Integer, Integer> numbers = new HashMap<>();
        for (int i = 0; i < agents.size(); i++) {
            numbers.put(saved.tasks().get(i).pid(), agents.get(i));
        }
        return numbers;
    }

    private void reached(Phase phase, Saved saved) throws IOException {
        around.faults().reached(phase, saved.manifest().application());
    }

    private ProcessArrival arrive(Imager imager, Path place, int pid, int agent) throws IOException {
        List<FileChannel> parts = ImageFiles.open(place, pid);
        try {
            return imager.arrive(parts, agent, around.table().doorway(agent));
        } finally {
            for (FileChannel part : parts) {
                part.close();
            }
        }
    }

    private void takeBack(Saved saved, List<ProcessArrival> built) {
        built.forEach(ProcessArrival::abandon);
        saved.tasks().reversed().forEach(task -> around.table().abandon(task.pid()));
    }

    private Restarted arrived(Saved saved) throws IOException {
        reached(Phase.DECIDED, saved);
        CompletableFuture<WaitStatus> end =
                around.revival().end(saved.manifest().application());
        for (Task task : saved.tasks()) {
            around.table().arrived(task.pid(), around.self(), task.history());
            around.capabilities().restore(task.pid(), task.history().startMillis(), task.capabilities());
        }
        return new Restarted(saved.tasks().stream().map(Task::pid).toList(), end);
    }
}
