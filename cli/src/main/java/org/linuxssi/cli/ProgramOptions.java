package org.linuxssi.cli;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.linuxssi.control.ControlException;
import org.linuxssi.control.Request;
import org.linuxssi.control.WindowSize;
import org.linuxssi.linux.CallerProcess;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Terminals;
import org.linuxssi.tools.NodeId;

/** Describes a program that is run as the caller itself would run it. */
final class ProgramOptions {

    private static final WindowSize USUAL = new WindowSize(24, 80);

    /** Variables that the launchers set for the Java machine only. */
    private static final List<String> OWN = List.of("_JAVA_SR_SIGNUM=");

    private ProgramOptions() {}

    static Request.Run program(List<String> arguments, Optional<NodeId> node, boolean terminal) {
        return new Request.Run(
                arguments,
                CallerProcess.environment().stream()
                        .filter(entry -> OWN.stream().noneMatch(entry::startsWith))
                        .toList(),
                directory(),
                CallerProcess.umask(),
                node,
                terminal,
                terminal ? window() : WindowSize.UNKNOWN,
                closed());
    }

    private static String directory() {
        if (!System.getProperty("linuxssi.removed", "").isEmpty()) {
            throw new ControlException(Errno.ENOENT, "the working directory was removed: cd to another one");
        }
        return CallerProcess.directory();
    }

    /** Returns which of its descriptors 0, 1 and 2 the caller did not have: the launcher put something in their place. */
    private static Set<Integer> closed() {
        return System.getProperty("linuxssi.closed", "")
                .chars()
                .mapToObj(digit -> digit - '0')
                .collect(Collectors.toSet());
    }

    /** Returns the size of the caller's terminal, or the usual one without a terminal. */
    static WindowSize window() {
        try {
            byte[] size = Terminals.window(0);
            return new WindowSize(Terminals.rows(size), Terminals.columns(size));
        } catch (ErrnoException _) {
            return USUAL;
        }
    }
}
