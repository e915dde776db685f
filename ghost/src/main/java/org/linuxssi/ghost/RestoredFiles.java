package org.linuxssi.ghost;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.linuxssi.ghost.SharedFile.PipeEnd;
import org.linuxssi.ghost.SharedFiles.PipeContent;
import org.linuxssi.ghost.spi.OpenFile;
import org.linuxssi.ghost.spi.RelayedFile;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.EpollSet;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.Pipes;
import org.linuxssi.linux.Syscalls;

/** Makes the open files that the processes of an application have in common: each once, for all of them. */
public final class RestoredFiles implements RelayedFile, AutoCloseable {

    private static final int EFD_SEMAPHORE = 1;
    private static final int LOCK_NB = 4;

    private final SharedFiles image;
    private final String root;
    private final Map<Integer, Integer> instead;
    private final Map<Integer, Integer> made = new HashMap<>();
    private final Map<Long, Pipes.Pipe> pipes = new HashMap<>();
    private final Map<String, Integer> objects = new HashMap<>();
    private final SavedFiles.Places places;
    private @Nullable SocketBuilder sockets;
    private boolean settled;

    /**
     * Makes the files of an image.
     *
     * @param root path of the root directory that the processes see; files are opened below it
     * @param places opens what was written of shared memory and deleted files
     * @param instead descriptors of ours that come in the place of files, by number; they stay the caller's
     */
    public RestoredFiles(SharedFiles image, String root, SavedFiles.Places places, Map<Integer, Integer> instead) {
        this.places = places;
        this.image = image;
        this.root = root;
        this.instead = Map.copyOf(instead);
    }

    @Override
    public Optional<String> refusal(OpenFile file) {
        return Optional.of("nothing is saved while an application is restored");
    }

    @Override
    public Exported export(OpenFile file, int descriptor) {
        throw new IllegalStateException("files are restored here, not saved");
    }

    @Override
    public synchronized int restore(byte[] number) {
        int index = ByteBuffer.wrap(number).order(ByteOrder.LITTLE_ENDIAN).getInt();
        if (index < 0 || index >= image.files().size()) {
            throw new ErrnoException("find shared file " + index + " in the image", Errno.EPROTO);
        }
        Integer other = instead.get(index);
        if (other != null) {
            return Descriptors.duplicate(other);
        }
        Integer known = made.get(index);
        if (known == null) {
            known = make(image.files().get(index));
            made.put(index, known);
        }
        return Descriptors.duplicate(known);
    }

    private int make(SharedFile file) {
        return switch (file) {
            case SharedFile.Named named -> named(named);
            case PipeEnd end -> pipeEnd(end);
            case SharedFile.State(AnonymousFile state) -> state(state);
            case SharedFile.Watching _ -> made("epoll_create1", Syscalls.call(Nr.EPOLL_CREATE1, Descriptors.O_CLOEXEC));
            case SharedFile.Stored(String key, String _, int flags, long position, int lock) ->
                placed(Descriptors.reopen(object(key), OpenFiles.reopening(flags)), position, lock);
            case SharedFile.Socket(SavedSocket socket) ->
                Descriptors.duplicate(sockets().get(socket.id()));
            case SharedFile.Terminal terminal ->
                Descriptors.open("/dev/null", terminal.flags() & ~OpenFiles.ONLY_AT_CREATION);
        };
    }

    /** Makes all sockets when the first is wanted, but those in whose place others come. */
    private SocketBuilder sockets() {
        SocketBuilder known = sockets;
        if (known == null) {
            known = new SocketBuilder(image.sockets(instead.keySet()), root);
            sockets = known;
        }
        return known;
    }

    private int named(SharedFile.Named file) {
        int descriptor = Descriptors.open(root + file.path(), file.flags() & ~OpenFiles.ONLY_AT_CREATION);
        return placed(descriptor, file.position(), file.lock());
    }

    private static int placed(int descriptor, long position, int lock) {
        if (position != 0) {
            Descriptors.seek(descriptor, position, Descriptors.SEEK_SET);
        }
        if (lock != 0) {
            Syscalls.check("lock a file", Syscalls.call(Nr.FLOCK, descriptor, lock | LOCK_NB));
        }
        return descriptor;
    }

    @Override
    public synchronized int object(String key) {
        Integer known = objects.get(key);
        if (known == null) {
            known = makeObject(key);
            objects.put(key, known);
        }
        return known;
    }

    @Override
    public boolean hasObject(String key) {
        return image.objects().stream().anyMatch(object -> object.key().equals(key));
    }

    private int makeObject(String key) {
        List<SharedObject> all = image.objects();
        for (int number = 0; number < all.size(); number++) {
            if (all.get(number).key().equals(key)) {
                try (FileChannel content = places.open(number)) {
                    return all.get(number).make(content);
                } catch (IOException problem) {
                    throw new UncheckedIOException(problem);
                }
            }
        }
        throw new ErrnoException("find shared memory " + key + " in the image", Errno.EPROTO);
    }

    private static int state(AnonymousFile state) {
        int options = Descriptors.O_CLOEXEC | (state.flags() & Descriptors.O_NONBLOCK);
        return switch (state) {
            case AnonymousFile.Counter counter -> counter(counter, options);
            case AnonymousFile.Timer timer -> timer(timer, options);
            case AnonymousFile.Signals(long mask, int _) -> {
                try (Arena arena = Arena.ofConfined()) {
                    long words = words(arena, mask).address();
                    yield made("signalfd4", Syscalls.call(Nr.SIGNALFD4, -1, words, 8, options));
                }
            }
            default -> throw new ErrnoException("make a shared " + state, Errno.EPROTO);
        };
    }

    private static int made(String call, long result) {
        return (int) Syscalls.check(call, result);
    }

    private static MemorySegment words(Arena arena, long... words) {
        return arena.allocateFrom(java.lang.foreign.ValueLayout.JAVA_LONG, words);
    }

    private static int counter(AnonymousFile.Counter counter, int options) {
        int descriptor =
                made("eventfd2", Syscalls.call(Nr.EVENTFD2, 0, options | (counter.semaphore() ? EFD_SEMAPHORE : 0)));
        if (counter.value() != 0) {
            try (Arena arena = Arena.ofConfined()) {
                made("set an eventfd", Descriptors.write(descriptor, words(arena, counter.value()), 8));
            }
        }
        return descriptor;
    }

    private static int timer(AnonymousFile.Timer timer, int options) {
        int descriptor = made("timerfd_create", Syscalls.call(Nr.TIMERFD_CREATE, timer.clock(), options));
        try (Arena arena = Arena.ofConfined()) {
            if (timer.value() != 0) {
                long setting = words(arena, timer.setting()).address();
                made("timerfd_settime", Syscalls.call(Nr.TIMERFD_SETTIME, descriptor, timer.mode(), setting, 0));
            }
            if (timer.ticks() != 0) {
                long ticks = words(arena, timer.ticks()).address();
                made("TFD_IOC_SET_TICKS", Syscalls.call(Nr.IOCTL, descriptor, FileBuilder.TFD_IOC_SET_TICKS, ticks));
            }
        }
        return descriptor;
    }

    /**
     * Has sets of epoll that processes share watch their files again, once all processes are built.
     *
     * @param processes numbers in our pid name space by those in the cluster
     */
    public synchronized void watch(Map<Integer, Integer> processes) {
        made.forEach((index, descriptor) -> {
            if (image.files().get(index) instanceof SharedFile.Watching(AnonymousFile.Interest interest, int pid)) {
                Integer process = processes.get(pid);
                if (process == null) {
                    throw new ErrnoException("find process " + pid + " in the image", Errno.EPROTO);
                }
                watch(descriptor, interest, process);
            }
        });
    }

    private static void watch(int set, AnonymousFile.Interest interest, int process) {
        List<EpollSet.Member> members = new ArrayList<>();
        try {
            for (AnonymousFile.Interest.Watch watch : interest.watches()) {
                int descriptor = Descriptors.fromProcess(process, watch.descriptor());
                members.add(new EpollSet.Member(descriptor, watch.descriptor(), watch.event()));
            }
            EpollSet.add(set, members);
        } finally {
            members.forEach(member -> Descriptors.close(member.descriptor()));
        }
    }

    private int pipeEnd(PipeEnd end) {
        Pipes.Pipe pipe = pipes.computeIfAbsent(end.pipe(), _ -> pipe(end));
        return Descriptors.reopen(
                end.reads() ? pipe.readEnd() : pipe.writeEnd(), end.flags() & ~OpenFiles.ONLY_AT_CREATION);
    }

    private Pipes.Pipe pipe(PipeEnd end) {
        Pipes.Pipe pipe;
        if (end.path().isEmpty()) {
            pipe = Pipes.create();
        } else {
            int both = Descriptors.open(root + end.path(), Descriptors.O_RDWR | Descriptors.O_NONBLOCK);
            pipe = new Pipes.Pipe(both, Descriptors.duplicate(both));
        }
        image.pipes().stream()
                .filter(content -> content.pipe() == end.pipe())
                .findFirst()
                .ifPresent(content -> fill(pipe, content));
        return pipe;
    }

    private static void fill(Pipes.Pipe pipe, PipeContent content) {
        Pipes.capacity(pipe.writeEnd(), content.capacity());
        if (content.bytes().length == 0) {
            return;
        }
        Descriptors.setFlags(pipe.writeEnd(), Descriptors.O_NONBLOCK);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = Syscalls.bytes(arena, content.bytes());
            long written = Syscalls.check(
                    "fill a pipe with what it held", Descriptors.write(pipe.writeEnd(), bytes, bytes.byteSize()));
            if (written != content.bytes().length) {
                throw new ErrnoException("fill a pipe with " + content.bytes().length + " bytes", Errno.ENOSPC);
            }
        }
    }

    /** Has the files of sockets stay when this is closed: processes have the sockets. */
    public synchronized void settle() {
        settled = true;
    }

    /** Lets go of the files: from now on they belong to the processes alone. */
    @Override
    public synchronized void close() {
        made.values().forEach(Descriptors::close);
        made.clear();
        objects.values().forEach(Descriptors::close);
        objects.clear();
        pipes.values().forEach(pipe -> {
            Descriptors.close(pipe.readEnd());
            Descriptors.close(pipe.writeEnd());
        });
        pipes.clear();
        SocketBuilder builder = sockets;
        if (builder != null) {
            if (!settled) {
                builder.undo();
            }
            builder.close();
            sockets = null;
        }
    }
}
