package org.linuxssi.proc;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import org.linuxssi.linux.Mounts;

/**
 * What programs find at {@code /etc/hosts}: that of the machine, and a line for the name of the container, which only the
 * programs in it know. So they can look up the name that {@code gethostname(2)} gives them, as on any machine.
 */
final class HostsFile {

    private static final Path MACHINE = Path.of("/etc/hosts");
    private static final String READABLE = "rw-r--r--";

    private HostsFile() {}

    /** Shows the file in the mount name space of the calling thread, unless the machine has none or has the name. */
    static void mount(ContainerOptions options) {
        if (!Files.isRegularFile(MACHINE)) {
            return;
        }
        try {
            String machine = Files.readString(MACHINE, StandardCharsets.ISO_8859_1);
            if (!names(machine, options.hostname())) {
                Path own = file(options.runDirectory());
                Files.writeString(
                        own, with(machine, options.address(), options.hostname()), StandardCharsets.ISO_8859_1);
                Files.setPosixFilePermissions(own, PosixFilePermissions.fromString(READABLE));
                Mounts.bind(own, MACHINE);
            }
        } catch (IOException problem) {
            throw new UncheckedIOException("give the container an " + MACHINE + " of its own", problem);
        }
    }

    private static Path file(Path runDirectory) {
        return runDirectory.resolve("hosts");
    }

    /** Deletes it when the container has ended. */
    static void delete(Path runDirectory) {
        try {
            Files.deleteIfExists(file(runDirectory));
        } catch (IOException problem) {
            throw new UncheckedIOException("delete " + file(runDirectory), problem);
        }
    }

    /** Tells whether a file has a name, see {@code hosts(5)}. */
    static boolean names(String file, String name) {
        return file.lines()
                .map(line -> line.replaceFirst("#.*", "").strip().split("\\s+"))
                .anyMatch(words -> Arrays.asList(words).indexOf(name) > 0);
    }

    /** Returns a file with one line more. */
    static String with(String file, String address, String name) {
        String end = file.isEmpty() || file.endsWith("\n") ? "" : "\n";
        return file + end + address + " " + name + "\n";
    }
}
