package org.linuxssi.ghost;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.linuxssi.ghost.SharedFile.PipeEnd;
import org.linuxssi.ghost.SharedFiles.PipeContent;
import org.linuxssi.ghost.spi.OpenFile;
import org.linuxssi.ghost.spi.RelayedFile;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Pipes;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.ProcFilesMaps;
import org.linuxssi.linux.ProcFilesMaps.Mapping;

/**
 * Takes the open files that the processes of an application have in common: each is in the image once. The processes stay,
 * and nothing of their files changes.
 */
public final class SavedFiles implements RelayedFile, AutoCloseable {

    private static final int WRITE_ONLY = 1;
    private static final int GENERATIONS = 100;

    private final boolean leavesOutRefused;
    private final List<OpenFile> seen = new ArrayList<>();
    private final List<SharedFile> files = new ArrayList<>();
    private final Map<Long, Integer> readEnds = new LinkedHashMap<>();
    private final Map<String, Source> objects = new LinkedHashMap<>();
    private Map<Integer, List<OpenFile>> application = Map.of();
    private boolean complete;
    private SocketView sockets = SocketView.EMPTY;

    /** A shared object and a descriptor of ours for it. */
    private record Source(SharedObject object, int descriptor) {}

    /** Begins an image; files that can't be in it are refused, or left out. */
    public SavedFiles(boolean leavesOutRefused) {
        this.leavesOutRefused = leavesOutRefused;
    }

    /**
     * Looks at the files of all processes of the application.
     *
     * @param processes their pids in our pid name space
     * @param standStill whether they do; else they may have children that are not among them
     */
    public synchronized void look(Collection<Integer> processes, boolean standStill) {
        complete = standStill;
        Map<Integer, List<OpenFile>> now = new LinkedHashMap<>();
        for (int pid : processes) {
            try {
                now.put(pid, OpenFiles.list(pid));
            } catch (ErrnoException ended) {
                now.put(pid, List.of());
            }
        }
        application = now;
        sockets = SocketView.of(now, pid -> !standStill && descends(pid), standStill);
    }

    @Override
    public boolean copies() {
        return true;
    }

    @Override
    public boolean leavesOutRefused() {
        return leavesOutRefused;
    }

    @Override
    public boolean sharesOffsets() {
        return true;
    }

    @Override
    public synchronized boolean shared(OpenFile file) {
        boolean alike = AnonymousFile.is(file) && !AnonymousFile.changes(file);
        return (file.regular() && deleted(file)) || (!alike && inAnother(file));
    }

    /** Tells whether no directory has the file. */
    static boolean deleted(OpenFile file) {
        return file.links() == 0 || file.link().endsWith(SharedObject.DELETED);
    }

    private boolean inAnother(OpenFile file) {
        return sharers(file).anyMatch(other -> other.pid() != file.pid());
    }

    private Stream<OpenFile> sharers(OpenFile file) {
        return application.values().stream().flatMap(List::stream).filter(other -> OpenFiles.same(file, other));
    }

    @Override
    public synchronized Optional<String> refusal(OpenFile file) {
        if (file.pipe()) {
            return outsider(file)
                    .map(pid -> "its other end belongs to process " + pid + ", which is not saved with it");
        }
        if (file.terminal()) {
            return file.terminalMaster() ? Optional.of("the master of a terminal is not saved") : Optional.empty();
        }
        if (AnonymousFile.is(file)) {
            return sharedRefusal(file);
        }
        return file.socket() ? socketRefusal(file) : Optional.of("it is not saved");
    }

    private Optional<String> sharedRefusal(OpenFile file) {
        if (AnonymousFile.isInterest(file)) {
            return watcher(file).isPresent()
                    ? Optional.empty()
                    : Optional.of("it is shared, and no process has all files that it watches");
        }
        return AnonymousFile.anybodyMakes(file)
                ? AnonymousFile.refusal(file)
                : Optional.of("it is shared with another process");
    }

    /** Returns what epoll watches in the view of a process that has all the files. */
    private Optional<OpenFile> watcher(OpenFile file) {
        return sharers(file).filter(one -> AnonymousFile.refusal(one).isEmpty()).findFirst();
    }

    /**
     * Tells whether a socket of a process can be in the image of that one alone: nobody looks for it, and it is connected to no
     * other process's.
     *
     * @param descriptor of ours for it
     */
    synchronized boolean takesAlone(OpenFile file, int descriptor) {
        return Descriptors.status(descriptor).inode() == file.inode()
                && new SocketRules(file, descriptor, sockets).alone();
    }

    private Optional<String> socketRefusal(OpenFile file) {
        try {
            int descriptor = Descriptors.fromProcess(file.pid(), file.fd());
            try {
                boolean other = Descriptors.status(descriptor).inode() != file.inode();
                return other ? Optional.empty() : new SocketRules(file, descriptor, sockets).refusal();
            } finally {
                Descriptors.close(descriptor);
            }
        } catch (ErrnoException closed) {
            return Optional.empty();
        }
    }

    /** Returns the process outside of the application that has the other end of a pipe, when nobody in it has. */
    private Optional<Integer> outsider(OpenFile end) {
        Predicate<OpenFile> opposite = other -> other.pipe()
                && other.inode() == end.inode()
                && (other.flags() & Descriptors.O_ACCMODE) != (end.flags() & Descriptors.O_ACCMODE);
        boolean inside = application.values().stream().flatMap(List::stream).anyMatch(opposite);
        if (inside || (end.flags() & Descriptors.O_ACCMODE) == Descriptors.O_RDWR) {
            return Optional.empty();
        }
        return ProcFiles.processes().stream()
                .filter(pid -> !application.containsKey(pid) && has(pid, end.link(), opposite))
                .filter(pid -> complete || !descends(pid))
                .findFirst();
    }

    private boolean descends(int pid) {
        try {
            int ancestor = ProcFiles.stat(pid).parent();
            for (int steps = 0; ancestor > 1 && steps < GENERATIONS; steps++) {
                if (application.containsKey(ancestor)) {
                    return true;
                }
                ancestor = ProcFiles.stat(ancestor).parent();
            }
            return false;
        } catch (ErrnoException ended) {
            return true;
        }
    }

    private static boolean has(int pid, String link, Predicate<OpenFile> wanted) {
        try {
            return ProcFiles.descriptors(pid).stream()
                    .filter(fd -> ProcFiles.link(pid, "fd/" + fd).equals(link))
                    .anyMatch(fd -> wanted.test(OpenFiles.of(pid, fd)));
        } catch (ErrnoException gone) {
            return false;
        }
    }

    @Override
    public synchronized Exported export(OpenFile file, int descriptor) {
        byte[] number = ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(number(file, descriptor))
                .array();
        return new Reference(number);
    }

    private int number(OpenFile file, int descriptor) {
        boolean kept = false;
        try {
            for (int i = 0; i < seen.size(); i++) {
                if (OpenFiles.same(seen.get(i), file)) {
                    return i;
                }
            }
            files.add(take(file, descriptor));
            seen.add(file);
            boolean readable = (file.flags() & Descriptors.O_ACCMODE) != WRITE_ONLY;
            kept = file.pipe() && readable && readEnds.putIfAbsent(file.inode(), descriptor) == null;
            return seen.size() - 1;
        } finally {
            if (!kept) {
                Descriptors.close(descriptor);
            }
        }
    }

    private SharedFile take(OpenFile file, int descriptor) {
        if (file.pipe()) {
            return new PipeEnd(file.inode(), file.link().startsWith("/") ? file.link() : "", file.flags());
        }
        if (file.terminal()) {
            return new SharedFile.Terminal(file.link(), file.flags());
        }
        if (AnonymousFile.is(file)) {
            return anonymous(file, descriptor);
        }
        if (file.socket()) {
            return new SharedFile.Socket(new SocketReader(file, descriptor, sockets).take());
        }
        long position = ProcFiles.fdinfo(file.pid(), file.fd()).position();
        if (deleted(file)) {
            int self = (int) ProcessHandle.current().pid();
            String key = SharedObject.key(self, descriptor).orElseThrow();
            add(key, file.link(), Descriptors.duplicate(descriptor));
            return new SharedFile.Stored(key, file.link(), file.flags(), position, FileLocks.of(file));
        }
        return new SharedFile.Named(file.link(), file.flags(), position, FileLocks.of(file));
    }

    private SharedFile anonymous(OpenFile file, int descriptor) {
        if (!AnonymousFile.isInterest(file)) {
            return new SharedFile.State(AnonymousFile.of(file, descriptor));
        }
        OpenFile one = watcher(file)
                .orElseThrow(() -> new ErrnoException(
                        "save fd " + file.fd() + ", epoll, of which no process has all files", Errno.EAGAIN));
        return new SharedFile.Watching(
                (AnonymousFile.Interest) AnonymousFile.of(one, descriptor),
                Integer.parseInt(Surroundings.inside(one.pid())));
    }

    private void add(String key, String path, int descriptor) {
        Source known = objects.get(key);
        if (known == null) {
            objects.put(key, new Source(SharedObject.of(key, path, descriptor), descriptor));
        } else {
            Descriptors.close(descriptor);
        }
    }

    /** Opens the memory that the processes share. */
    private void openMemory() {
        for (int pid : application.keySet()) {
            for (Mapping mapping : ProcFilesMaps.maps(pid)) {
                if (LeavingObjects.is(pid, mapping) && !objects.containsKey(MappingImage.key(mapping))) {
                    int descriptor = Descriptors.open(MappingImage.link(pid, mapping), Descriptors.O_RDONLY);
                    add(MappingImage.key(mapping), mapping.path(), descriptor);
                }
            }
        }
    }

    /**
     * Writes the content of memory and files that no directory has, once all processes were written; they still stand still.
     *
     * @param places opens a channel for each of them, by its number from 0 on; it is closed here
     * @return the bytes written
     */
    public synchronized long writeObjects(Places places) throws IOException {
        openMemory();
        long bytes = 0;
        int number = 0;
        for (Source source : objects.values()) {
            try (FileChannel channel = places.open(number++)) {
                bytes += source.object().write(source.descriptor(), channel);
            }
        }
        return bytes;
    }

    /** Where shared memory is written to or read from. */
    @FunctionalInterface
    public interface Places {
        /** Opens the channel for the object with this number. */
        FileChannel open(int number) throws IOException;
    }

    /** Returns all that was exported, once all processes of the application were; they still stand still. */
    public synchronized SharedFiles all() {
        List<PipeContent> contents = new ArrayList<>();
        readEnds.forEach((pipe, end) -> contents.add(new PipeContent(pipe, Pipes.capacity(end), peek(end))));
        return new SharedFiles(
                files, contents, objects.values().stream().map(Source::object).toList());
    }

    private static byte[] peek(int end) {
        int bytes = Descriptors.readable(end);
        if (bytes == 0) {
            return new byte[0];
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment copy = arena.allocate(bytes);
            Pipes.peek(end, copy);
            return copy.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
        }
    }

    @Override
    public int restore(byte[] image) {
        throw new IllegalStateException("files are saved here, not restored");
    }

    /** Lets go of pipes and memory. */
    @Override
    public synchronized void close() {
        objects.values().forEach(source -> Descriptors.close(source.descriptor()));
        objects.clear();
        readEnds.values().forEach(Descriptors::close);
        readEnds.clear();
    }

    /** Written and read, never compared: so an array is good enough. */
    @SuppressWarnings("ArrayRecordComponent")
    private record Reference(byte[] image) implements Exported {
        @Override
        public void moved() {
            // the file is as it was
        }

        @Override
        public void stays() {
            // the file is as it was
        }
    }
}
