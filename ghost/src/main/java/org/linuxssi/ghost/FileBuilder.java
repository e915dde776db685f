package org.linuxssi.ghost;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.linuxssi.ghost.AnonymousFile.Counter;
import org.linuxssi.ghost.AnonymousFile.Interest;
import org.linuxssi.ghost.AnonymousFile.Interest.Watch;
import org.linuxssi.ghost.AnonymousFile.Reference;
import org.linuxssi.ghost.AnonymousFile.Signals;
import org.linuxssi.ghost.AnonymousFile.Timer;
import org.linuxssi.ghost.AnonymousFile.Watches;
import org.linuxssi.ghost.FileImage.Descriptor;
import org.linuxssi.ghost.FileImage.Open;
import org.linuxssi.ghost.spi.RelayedFile;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.PtraceCall;
import org.linuxssi.linux.PtraceScratch;
import org.linuxssi.linux.Syscalls;

/** Gives a traced process the descriptors of an image. Runs on the tracer's thread. */
final class FileBuilder {

    private static final int AT_FDCWD = -100;
    private static final int O_PATH = 010000000;
    private static final int O_CLOEXEC = 02000000;
    private static final int O_NONBLOCK = 04000;
    private static final int EFD_SEMAPHORE = 1;
    private static final int PIDFD_THREAD = 0200;
    private static final int EPOLL_CTL_ADD = 1;
    /** {@code TFD_IOC_SET_TICKS} ({@code linux/timerfd.h}). */
    static final long TFD_IOC_SET_TICKS = 0x4008_5400L;

    private static final String LOCK = "take a lock on a part of a file, which somebody else has";

    /** Bytes of the event that tells of the removal of a watch. */
    private static final int REMOVED = 16;

    private static final int IN_DONT_FOLLOW = 0x02000000;
    private static final String WATCH_FILE = "watch a file by inotify";
    private static final String WATCH = "have descriptors watched by epoll";
    private static final int F_DUPFD = 0;
    private static final int LOCK_NB = 4;
    private static final int PER_TABLE = 64;

    private final PtraceScratch scratch;
    private final PtraceCall call;
    private final RelayedFile relayed;
    private final ArrivedObjects objects;
    private final int doorway;

    /**
     * Makes the builder.
     *
     * @param doorway number, in the process, of a pidfd of ours, through which it takes descriptors; -1 when it has none
     */
    FileBuilder(PtraceScratch scratch, PtraceCall call, RelayedFile relayed, ArrivedObjects objects, int doorway) {
        this.scratch = scratch;
        this.call = call;
        this.relayed = relayed;
        this.objects = objects;
        this.doorway = doorway;
    }

    /** Returns the number of descriptors that the process needs while its files are made. */
    static int room(FileImage files, int doorway) {
        return base(files, doorway) + files.open().size() + PER_TABLE + 16;
    }

    private static int base(FileImage files, int doorway) {
        int base = Math.max(doorway + 1, 3);
        for (Descriptor descriptor : files.descriptors()) {
            base = Math.max(base, descriptor.number() + 1);
        }
        return base;
    }

    void build(FileImage files) {
        long hard = DescriptorLimit.hard(call.tid(), scratch, call);
        int base = base(files, doorway);
        List<Long> high = new ArrayList<>();
        for (int at = 0; at < files.open().size(); at += PER_TABLE) {
            high.addAll(open(
                    files.open()
                            .subList(at, Math.min(at + PER_TABLE, files.open().size())),
                    base,
                    room(files, doorway),
                    hard));
        }
        PtraceScratch.Table table = scratch.table();
        table.add(Nr.CLOSE_RANGE, 0, base - 1L, 0);
        for (Descriptor descriptor : files.descriptors()) {
            if (table.full(1)) {
                runAll(table, "install descriptors");
                table = scratch.table();
            }
            table.add(
                    Nr.DUP3,
                    high.get(descriptor.open()),
                    descriptor.number(),
                    descriptor.closeOnExec() ? O_CLOEXEC : 0);
        }
        runAll(table, "install descriptors");
        table = scratch.table();
        table.add(Nr.CLOSE_RANGE, base, 0xffff_ffffL, 0);
        runAll(table, "close what is not needed");
        watch(files);
        watchFiles(files);
        notices(files);
        lock(files);
    }

    /** Closing any descriptor of a file lets go of all locks that the process has on it: so it is the last step. */
    private void lock(FileImage files) {
        PtraceScratch.Table table = scratch.table();
        for (RecordLock lock : files.locks()) {
            if (table.full(1)) {
                runAll(table, LOCK);
                table = scratch.table();
            }
            lock.add(table, false);
        }
        runAll(table, LOCK);
    }

    private void notices(FileImage files) {
        PtraceScratch.Table table = scratch.table();
        for (Notice notice : files.notices()) {
            if (table.full(Notice.CALLS)) {
                table.run(call);
                table = scratch.table();
            }
            notice.add(table);
        }
        table.run(call);
    }

    /** What epoll watches is named by descriptors: they have to be in place. */
    private void watch(FileImage files) {
        PtraceScratch.Table table = scratch.table();
        for (Descriptor descriptor : firstOfEach(files)) {
            if (files.open().get(descriptor.open()) instanceof Open.Anonymous(Interest interest)) {
                for (Watch watch : interest.watches()) {
                    if (table.full(1)) {
                        runAll(table, WATCH);
                        table = scratch.table();
                    }
                    table.add(
                            Nr.EPOLL_CTL,
                            descriptor.number(),
                            EPOLL_CTL_ADD,
                            watch.descriptor(),
                            table.data(watch.event()));
                }
            }
        }
        runAll(table, WATCH);
    }

    /** The watches of inotify get their numbers back: the kernel counts up, also for those that are removed at once. */
    private void watchFiles(FileImage files) {
        for (Descriptor descriptor : firstOfEach(files)) {
            if (files.open().get(descriptor.open()) instanceof Open.Anonymous(Watches watches)) {
                int next = 1;
                for (Watched file : watches.files()) {
                    watchFile(descriptor.number(), file, next);
                    next = file.number() + 1;
                }
            }
        }
    }

    private void watchFile(int descriptor, Watched file, int next) {
        for (int number = next; number < file.number(); ) {
            number = skip(descriptor, file, number);
        }
        PtraceScratch.Table table = scratch.table();
        int added = table.add(Nr.INOTIFY_ADD_WATCH, descriptor, table.text(file.path()), file.mask() | IN_DONT_FOLLOW);
        table.run(call);
        if (table.check(added, WATCH_FILE + " " + file.path()) != file.number()) {
            throw new ErrnoException(WATCH_FILE + " " + file.path() + " by number " + file.number(), Errno.EPROTO);
        }
    }

    /** Uses up some numbers of watches, and reads that they were removed; returns the next number. */
    private int skip(int descriptor, Watched file, int from) {
        PtraceScratch.Table table = scratch.table();
        long told = table.room(PER_TABLE * REMOVED);
        int number = from;
        for (; number < file.number() && number < from + PER_TABLE && !table.full(3); number++) {
            table.add(Nr.INOTIFY_ADD_WATCH, descriptor, table.text(file.path()), file.mask() | IN_DONT_FOLLOW);
            table.add(Nr.INOTIFY_RM_WATCH, descriptor, number);
        }
        table.add(Nr.READ, descriptor, told, PER_TABLE * REMOVED);
        runAll(table, WATCH_FILE);
        return number;
    }

    private static Collection<Descriptor> firstOfEach(FileImage files) {
        Map<Integer, Descriptor> first = new LinkedHashMap<>();
        files.descriptors().forEach(descriptor -> first.putIfAbsent(descriptor.open(), descriptor));
        return first.values();
    }

    private void runAll(PtraceScratch.Table table, String operation) {
        table.run(call);
        for (int i = 0; i < table.size(); i++) {
            table.check(i, operation);
        }
    }

    private List<Long> open(List<Open> part, int base, int room, long hard) {
        List<Integer> ours = new ArrayList<>();
        try {
            PtraceScratch.Table table = scratch.table();
            int limit = DescriptorLimit.add(table, room, hard);
            for (Open open : part) {
                switch (open) {
                    case Open.Path(String path, int flags, long _, int _) ->
                        table.add(
                                Nr.OPENAT,
                                AT_FDCWD,
                                table.text(path),
                                (flags & ~OpenFiles.ONLY_AT_CREATION) | O_CLOEXEC,
                                0);
                    case Open.Relayed(byte[] image) -> take(table, relayed.restore(image), ours);
                    case Open.Inner(byte[] number) -> take(table, objects.inner(number), ours);
                    case Open.Anonymous(AnonymousFile file) -> create(table, file);
                    case Open.Stored(String key, int flags, long _, int _) ->
                        take(table, objects.open(key, OpenFiles.reopening(flags)), ours);
                }
            }
            table.run(call);
            DescriptorLimit.check(table, limit);
            List<Long> low = new ArrayList<>();
            for (int i = 0; i < part.size(); i++) {
                low.add(table.check(limit + 1 + i, "open " + name(part.get(i))));
            }
            return raise(part, low, base);
        } finally {
            ours.forEach(fd -> Syscalls.call(Nr.CLOSE, fd));
        }
    }

    /** Has the process take a descriptor of ours, which is closed afterwards. */
    private void take(PtraceScratch.Table table, int descriptor, List<Integer> ours) {
        ours.add(descriptor);
        table.add(Nr.PIDFD_GETFD, doorway, descriptor, 0);
    }

    private static void create(PtraceScratch.Table table, AnonymousFile file) {
        int flags = (file.flags() & O_NONBLOCK) | O_CLOEXEC;
        switch (file) {
            case Counter counter -> table.add(Nr.EVENTFD2, 0, flags | (counter.semaphore() ? EFD_SEMAPHORE : 0));
            case Timer timer -> table.add(Nr.TIMERFD_CREATE, timer.clock(), flags);
            case Signals signals -> table.add(Nr.SIGNALFD4, -1, table.words(signals.mask()), 8, flags);
            case Interest _ -> table.add(Nr.EPOLL_CREATE1, O_CLOEXEC);
            case Watches _ -> table.add(Nr.INOTIFY_INIT1, flags);
            case Reference reference ->
                table.add(Nr.PIDFD_OPEN, reference.pid(), reference.flags() & (O_NONBLOCK | PIDFD_THREAD));
        }
    }

    /** Brings it into its state. */
    private static void adjust(PtraceScratch.Table table, AnonymousFile file, long fd) {
        if (file instanceof Counter(long value, boolean _, int _) && value != 0) {
            table.add(Nr.WRITE, fd, table.words(value), 8);
        }
        if (file instanceof Timer timer) {
            if (timer.value() != 0) {
                table.add(Nr.TIMERFD_SETTIME, fd, timer.mode(), table.words(timer.setting()), 0);
            }
            if (timer.ticks() != 0) {
                table.add(Nr.IOCTL, fd, TFD_IOC_SET_TICKS, table.words(timer.ticks()));
            }
        }
    }

    private static String name(Open open) {
        return switch (open) {
            case Open.Anonymous(AnonymousFile file) ->
                file.getClass().getSimpleName().toLowerCase(Locale.ROOT);
            case Open.Path path -> path.path();
            case Open.Relayed _ -> "a relayed file";
            case Open.Stored _ -> "a deleted file";
            case Open.Inner _ -> "a pipe or socket";
        };
    }

    private static void place(PtraceScratch.Table table, long fd, int flags, long position, int lock) {
        if (position != 0 && (flags & O_PATH) == 0) {
            table.add(Nr.LSEEK, fd, position, 0);
        }
        if (lock != 0) {
            table.add(Nr.FLOCK, fd, lock | LOCK_NB);
        }
    }

    /** Moves the descriptors out of the way of those that are wanted, and to their positions in the files. */
    private List<Long> raise(List<Open> part, List<Long> low, int base) {
        PtraceScratch.Table table = scratch.table();
        List<Integer> raised = new ArrayList<>();
        for (int i = 0; i < part.size(); i++) {
            raised.add(table.add(Nr.FCNTL, low.get(i), F_DUPFD, base));
            switch (part.get(i)) {
                case Open.Path(String _, int flags, long position, int lock) ->
                    place(table, low.get(i), flags, position, lock);
                case Open.Stored(String _, int flags, long position, int lock) ->
                    place(table, low.get(i), flags, position, lock);
                case Open.Anonymous(AnonymousFile file) -> adjust(table, file, low.get(i));
                case Open.Relayed _, Open.Inner _ -> {}
            }
            table.add(Nr.CLOSE, low.get(i));
        }
        runAll(table, "place descriptors");
        return raised.stream().map(table::result).toList();
    }
}
