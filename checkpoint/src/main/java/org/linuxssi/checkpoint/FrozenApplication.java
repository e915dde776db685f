package org.linuxssi.checkpoint;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.linuxssi.capability.Families;
import org.linuxssi.capability.Kin;
import org.linuxssi.epm.MigrationException;
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
final class FrozenApplication implements AutoCloseable {

    private static final int ROUNDS = 50;
    private static final int INIT = 1;

    private final int number;
    private final Surroundings around;
    private final SavedFiles files;
    private final Imager imager;
    private final Map<Integer, Frozen> processes = new LinkedHashMap<>();
    private final List<Registration> kept = new ArrayList<>();
    private Families families;
    private int uid;

    /** A process that stands still. */
    private record Frozen(int pid, int host, ProcessDeparture image) {}

    /**
     * Begins to freeze an application.
     *
     * @param leavesOut whether files that can't be saved are left out, instead of refused
     */
    private FrozenApplication(int number, Surroundings around, boolean leavesOut) {
        this.number = number;
        this.around = around;
        files = new SavedFiles(leavesOut);
        imager = new Imager(around.imager().premises(), files);
        families = around.capabilities().families();
    }

    /**
     * Freezes all processes of an application; what can't be saved is found before the first of them stands still.
     *
     * @throws CheckpointException when it can't; it runs on then
     */
    static FrozenApplication freeze(int number, Surroundings around, int caller, boolean leavesOut)
            throws CheckpointException, IOException {
        FrozenApplication frozen = new FrozenApplication(number, around, leavesOut);
        boolean complete = false;
        try {
            frozen.look(caller);
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
            if (!member.node().equals(around.self())) {
                throw new CheckpointException(
                        Errno.EAGAIN,
                        "application " + number + " is on several nodes: pid " + member.pid() + " is on node "
                                + member.node() + "; move it to node " + around.self() + " first");
            }
        }
        return members;
    }

    private void look(int caller) throws CheckpointException {
        List<Kin> members = members();
        uid = members.getFirst().uid();
        for (Kin member : members) {
            if (caller != 0 && caller != member.uid()) {
                throw new CheckpointException(
                        Errno.EPERM,
                        "pid " + member.pid() + " of application " + number + " belongs to user " + member.uid()
                                + ": only that user and root may save it");
            }
        }
        Map<Integer, Integer> now = new LinkedHashMap<>();
        members.forEach(member -> host(member).ifPresent(host -> now.put(member.pid(), host)));
        files.look(now.values());
        List<String> obstacles = new ArrayList<>();
        now.forEach((pid, host) -> imager.obstacles(host).forEach(one -> obstacles.add("pid " + pid + ": " + one)));
        refuse(obstacles);
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

    /** Children can be made until the last of them stands still. */
    private void freezeAll() throws CheckpointException {
        Set<Integer> ended = new HashSet<>();
        for (int round = 0; round < ROUNDS; round++) {
            List<Kin> fresh = members().stream()
                    .filter(kin -> !processes.containsKey(kin.pid()) && !ended.contains(kin.pid()))
                    .toList();
            if (fresh.isEmpty()) {
                refuseFiles();
                return;
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

    private void refuseFiles() throws CheckpointException {
        files.look(processes.values().stream().map(Frozen::host).toList());
        List<String> obstacles = new ArrayList<>();
        for (Frozen process : processes.values()) {
            imager.refusedFiles(process.host()).forEach(one -> obstacles.add("pid " + process.pid() + ": " + one));
        }
        refuse(obstacles);
    }

    private boolean freeze(Kin kin) throws CheckpointException {
        Optional<Integer> host = host(kin);
        if (host.isEmpty()) {
            return false;
        }
        try {
            kept.add(around.migrator().keep(Set.of(kin.pid())));
        } catch (MigrationException moving) {
            throw new CheckpointException(moving.errno(), String.valueOf(moving.getMessage()));
        }
        ProcessDeparture process = imager.depart(host.get());
        try {
            process.freeze();
        } catch (ErrnoException problem) {
            process.close();
            if (problem.errno() == Errno.ESRCH) {
                return false;
            }
            throw problem;
        }
        processes.put(kin.pid(), new Frozen(kin.pid(), host.get(), process));
        return true;
    }

    int uid() {
        return uid;
    }

    int size() {
        return processes.size();
    }

    /** Writes all images and what belongs to them; returns the bytes of memory that were written. */
    long save(Versions.Draft draft) throws IOException {
        List<Task> tasks = new ArrayList<>();
        long bytes = 0;
        for (Frozen process : processes.values()) {
            int pid = process.pid();
            tasks.add(task(process));
            try (FileChannel memory = create(draft.file("task_mm_" + pid + ".bin"));
                    FileChannel task = create(draft.file("task_" + pid + ".bin"))) {
                bytes += process.image().copyRest(memory, task).bytes();
                process.image().end();
                memory.force(true);
                task.force(true);
            }
        }
        around.faults().reached(Phase.IMAGED, number);
        NodeId node = around.self();
        bytes += files.writeObjects(number -> create(draft.file(sharedMemory(node, number))));
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

    private static FileChannel create(Path file) throws IOException {
        return FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
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

    /** Sends all processes a signal, which they get when they go on. */
    void signal(int signal) {
        processes.values().forEach(process -> Signals.kill(process.host(), signal));
    }

    /** Lets all processes go on. */
    @Override
    public void close() {
        processes.values().forEach(process -> process.image().close());
        processes.clear();
        files.close();
        kept.forEach(Registration::close);
        kept.clear();
    }
}
