package org.linuxssi.ghost;

import java.util.Optional;
import org.linuxssi.ghost.spi.OpenFile;
import org.linuxssi.ghost.spi.RelayedFile;

/**
 * Tells which open files can be part of an image.
 *
 * @param relayed takes care of files whose other end is elsewhere
 * @param anonymous tells which anonymous files can move
 */
record FileRules(RelayedFile relayed, AnonymousFiles anonymous) {

    private static final String DELETED = " (deleted)";

    /** Returns why it can't, as a part of a sentence; empty when it can. */
    Optional<String> refusal(OpenFile file) {
        Optional<String> lock = relayed.copies() ? FileLocks.refusalOfCopy(file) : FileLocks.refusal(file);
        if (lock.isPresent()) {
            return lock;
        }
        if (Notice.wanted(file) && !relayed.copies()) {
            return Optional.of("signals for " + file.link() + " (O_ASYNC)");
        }
        if (relayed.copies() && file.regular() && SavedFiles.deleted(file)) {
            return Optional.empty();
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
        return relayed.refusal(file).map(reason -> name(file) + ": " + reason);
    }

    /** What such a file says is about this node, or about a process by the number that it has here. */
    private static Optional<String> ofTheKernel(OpenFile file) {
        boolean kernel = file.regular()
                && (file.link().startsWith("/proc/") || file.link().startsWith("/sys/"));
        return kernel ? Optional.of("a file of the kernel, " + file.link()) : Optional.empty();
    }

    private static String name(OpenFile file) {
        return file.link().startsWith(AnonymousFile.LINK) ? AnonymousFile.name(file) : file.link();
    }
}
