package org.linuxssi.ghost;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;
import org.linuxssi.ghost.FileImage.Descriptor;
import org.linuxssi.ghost.FileImage.Open;
import org.linuxssi.ghost.spi.OpenFile;
import org.linuxssi.ghost.spi.RelayedFile;
import org.linuxssi.ghost.spi.RelayedFile.Exported;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.Syscalls;

/** Takes the image of the descriptors of a frozen process; what services export can be taken back. */
final class FileExporter {

    private final int pid;
    private final RelayedFile relayed;
    private final FileRules rules;
    private final List<Exported> exported = new ArrayList<>();
    private final LeavingObjects objects;
    private final InnerFiles inner;
    private final Map<Integer, Integer> locks = new LinkedHashMap<>();
    private final List<RecordLock> parts = new ArrayList<>();

    FileExporter(int pid, RelayedFile relayed, AnonymousFiles anonymous, LeavingObjects objects, InnerFiles inner) {
        this.pid = pid;
        this.relayed = relayed;
        this.objects = objects;
        this.inner = inner;
        rules = new FileRules(relayed, anonymous, inner);
    }

    /**
     * Takes the image.
     *
     * @param files all that the process has
     * @param otherFlags those that got other flags since, whose offsets need not be shared
     * @throws ErrnoException EAGAIN for a file that cannot move
     */
    FileImage image(List<OpenFile> files, Map<Integer, Integer> otherFlags, SharedOffsets offsets) {
        List<OpenFile> seen = new ArrayList<>();
        List<Supplier<Open>> open = new ArrayList<>();
        List<Descriptor> descriptors = new ArrayList<>();
        List<Notice> notices = new ArrayList<>();
        for (OpenFile told : wanted(files)) {
            OpenFile file = told.without(Notice.O_ASYNC);
            OptionalInt same = find(seen, file);
            if (same.isEmpty()) {
                seen.add(file);
                refuseWhatIsNew(told);
                parts.addAll(RecordLock.of(file));
                if (Notice.wanted(told)) {
                    notices.add(notice(told));
                }
                boolean shared = relayed.copies() ? relayed.shared(file) : sharesOffset(file, otherFlags, offsets);
                open.add(shared ? relayed(file) : open(file, otherFlags.getOrDefault(file.fd(), file.flags())));
            }
            boolean cloexec = (ProcFiles.fdinfo(pid, file.fd()).flags() & OpenFiles.O_CLOEXEC) != 0;
            descriptors.add(new Descriptor(file.fd(), same.orElse(seen.size() - 1), cloexec));
        }
        return new FileImage(open.stream().map(Supplier::get).toList(), descriptors, notices, List.copyOf(parts));
    }

    private static boolean sharesOffset(OpenFile file, Map<Integer, Integer> otherFlags, SharedOffsets offsets) {
        return !otherFlags.containsKey(file.fd())
                && FileLocks.of(file) == 0
                && !SavedFiles.deleted(file)
                && offsets.goesOnShared(file);
    }

    private Notice notice(OpenFile file) {
        int duplicate = duplicate(file.fd());
        try {
            return Notice.of(file, duplicate);
        } finally {
            Syscalls.call(Nr.CLOSE, duplicate);
        }
    }

    private List<OpenFile> wanted(List<OpenFile> all) {
        if (!relayed.leavesOutRefused()) {
            return all;
        }
        return all.stream().filter(file -> rules.refusal(file).isEmpty()).toList();
    }

    private static OptionalInt find(List<OpenFile> seen, OpenFile file) {
        for (int i = 0; i < seen.size(); i++) {
            if (OpenFiles.same(seen.get(i), file)) {
                return OptionalInt.of(i);
            }
        }
        return OptionalInt.empty();
    }

    private Supplier<Open> open(OpenFile file, int flags) {
        if (file.regular() || file.directory() || OpenFiles.simpleDevice(file)) {
            int lock = FileLocks.of(file);
            if (lock != 0) {
                locks.put(file.fd(), lock);
            }
            Open path = file.regular() && SavedFiles.deleted(file)
                    ? new Open.Stored(objects.add(file), flags, position(file), lock)
                    : new Open.Path(file.link(), flags, position(file), lock);
            return () -> path;
        }
        if (inner.has(file)) {
            Open own = new Open.Inner(inner.take(file, duplicate(file.fd())));
            return () -> own;
        }
        return AnonymousFile.is(file) ? anonymous(file) : relayed(file);
    }

    /** Nobody shares it any more; who did may have used it last after the files were listed. */
    private long position(OpenFile file) {
        return ProcFiles.fdinfo(pid, file.fd()).position();
    }

    /** What was looked at before the freeze may have changed, and other files been opened. */
    private void refuseWhatIsNew(OpenFile file) {
        Optional<String> refusal = relayed.copies() ? Optional.empty() : rules.refusal(file);
        refusal.ifPresent(reason -> {
            throw new ErrnoException("move fd " + file.fd() + ", " + reason, Errno.EAGAIN);
        });
    }

    private Supplier<Open> anonymous(OpenFile file) {
        int duplicate = duplicate(file.fd());
        try {
            Open state = new Open.Anonymous(AnonymousFile.of(file, duplicate));
            return () -> state;
        } finally {
            Syscalls.call(Nr.CLOSE, duplicate);
        }
    }

    /** The exports of all files run at the same time. */
    private Supplier<Open> relayed(OpenFile file) {
        Exported one = relayed.export(file, duplicate(file.fd()));
        exported.add(one);
        return () -> new Open.Relayed(one.image());
    }

    private int duplicate(int fd) {
        int pidfd = (int) Syscalls.check("pidfd_open " + pid, Syscalls.call(Nr.PIDFD_OPEN, pid, 0));
        try {
            return (int)
                    Syscalls.check("take fd " + fd + " of process " + pid, Syscalls.call(Nr.PIDFD_GETFD, pidfd, fd, 0));
        } finally {
            Syscalls.call(Nr.CLOSE, pidfd);
        }
    }

    /** Returns the locks of the image by descriptor: the process has to let go of them for the target to take them. */
    FileLocks.Held locks() {
        return new FileLocks.Held(locks, parts);
    }

    void moved() {
        locks.clear();
        parts.clear();
        exported.forEach(Exported::moved);
        exported.clear();
    }

    void stays() {
        locks.clear();
        parts.clear();
        exported.forEach(Exported::stays);
        exported.clear();
    }
}
