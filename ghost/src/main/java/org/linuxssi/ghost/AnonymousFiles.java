package org.linuxssi.ghost;

import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.linuxssi.ghost.spi.OpenFile;
import org.linuxssi.linux.ErrnoException;

/** Finds out which anonymous files of a process can't move. */
final class AnonymousFiles {

    private static final int LOOKS = 10;
    private static final long PAUSE = 3_000_000;

    private final Relatives relatives;

    AnonymousFiles(Relatives relatives) {
        this.relatives = relatives;
    }

    /** Tells whether it matters for a file who else has it. */
    static boolean concerns(OpenFile file) {
        return AnonymousFile.is(file) || RecordLock.ofDescription(file);
    }

    /** Tells whether a relative has the open file, too. */
    boolean shared(OpenFile file) {
        return relatives.share(file);
    }

    /**
     * Returns why a file can't move, when it can't. Some reasons pass at once: a child that is about to execute a program has all files
     * of its parent, and a process that runs closes them between two looks.
     */
    Optional<String> refusal(OpenFile file) {
        Optional<String> refusal = look(file);
        for (int look = 0; refusal.isPresent() && look < LOOKS; look++) {
            LockSupport.parkNanos(PAUSE);
            relatives.forgetFiles();
            try {
                OpenFile now = OpenFiles.of(file.pid(), file.fd());
                refusal = AnonymousFile.is(now) ? look(now) : Optional.empty();
            } catch (ErrnoException _) {
                return Optional.empty();
            }
        }
        return refusal;
    }

    private Optional<String> look(OpenFile file) {
        Optional<String> refusal = AnonymousFile.refusal(file);
        return refusal.isPresent() || !AnonymousFile.changes(file) || !relatives.share(file)
                ? refusal
                : Optional.of(AnonymousFile.name(file) + ": it is shared with another process");
    }
}
