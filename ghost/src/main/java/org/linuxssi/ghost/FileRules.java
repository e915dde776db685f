package org.linuxssi.ghost;

import java.util.Optional;
import org.linuxssi.ghost.spi.OpenFile;
import org.linuxssi.ghost.spi.RelayedFile;
import org.linuxssi.linux.FileSystems;

/**
 * Tells which open files can be part of an image.
 *
 * @param relayed takes care of files whose other end is elsewhere
 * @param anonymous tells which anonymous files can move
 * @param inner those that the process has with nobody else
 */
record FileRules(RelayedFile relayed, AnonymousFiles anonymous, InnerFiles inner) {

    private static final String DELETED = " (deleted)";

    /** Returns why it can't, as a part of a sentence; empty when it can. */
    Optional<String> refusal(OpenFile file) {
        Optional<String> lock = relayed.copies() ? FileLocks.refusalOfCopy(file) : FileLocks.refusal(file);
        if (lock.isPresent()) {
            return lock;
        }
        if (!relayed.copies() && RecordLock.ofDescription(file) && anonymous.shared(file)) {
            return Optional.of("a lock on a part of " + file.link() + " that belongs to another process, too");
        }
        if (Notice.wanted(file) && !relayed.copies()) {
            return Optional.of("signals for " + file.link() + " (O_ASYNC)");
        }
        Optional<String> special = file.regular() ? special(file) : Optional.empty();
        if (special.isPresent() || (file.regular() && SavedFiles.deleted(file))) {
            return special.or(() -> named(file));
        }
        if (file.regular() || file.directory()) {
            boolean gone = file.links() == 0
                    || file.link().endsWith(DELETED)
                    || !file.link().startsWith("/");
            return gone ? Optional.of("a deleted file " + file.link()) : ofTheKernel(file);
        }
        if (OpenFiles.simpleDevice(file)) {
            return Optional.empty();
        }
        if (AnonymousFile.is(file) && !relayed.copies()) {
            return anonymous.refusal(file);
        }
        if (AnonymousFile.is(file) && !relayed.shared(file)) {
            return AnonymousFile.refusal(file);
        }
        if (inner.has(file)) {
            return Optional.empty();
        }
        return relayed.refusal(file).map(reason -> name(file) + ": " + reason);
    }

    /** What such a file says is about this node, or about a process by the number that it has here. */
    private static Optional<String> ofTheKernel(OpenFile file) {
        boolean kernel = file.regular()
                && (file.link().startsWith("/proc/") || file.link().startsWith("/sys/"));
        return kernel ? Optional.of("a file of the kernel, " + file.link()) : Optional.empty();
    }

    /** One that has a name all the same is not the process's alone. */
    private Optional<String> named(OpenFile file) {
        return relayed.copies() || file.links() == 0
                ? Optional.empty()
                : Optional.of("a deleted file " + file.link() + " that has another name");
    }

    /** Tells of files that look like others, and can't be read or made like them. */
    private static Optional<String> special(OpenFile file) {
        long kind = FileSystems.kind("/proc/" + file.pid() + "/fd/" + file.fd());
        if (kind == FileSystems.MESSAGE_QUEUES) {
            return Optional.of("a POSIX message queue");
        }
        if (kind == FileSystems.HUGE_PAGES) {
            return Optional.of("a file in huge pages (hugetlbfs)");
        }
        return kind == FileSystems.SECRET_MEMORY ? Optional.of("secret memory (memfd_secret)") : Optional.empty();
    }

    private static String name(OpenFile file) {
        return file.link().startsWith(AnonymousFile.LINK) ? AnonymousFile.name(file) : file.link();
    }
}
