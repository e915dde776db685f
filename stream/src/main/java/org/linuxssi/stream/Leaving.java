package org.linuxssi.stream;

/**
 * A descriptor that a process takes to another node.
 *
 * @param descriptor a duplicate in this daemon, for example by pidfd_getfd(2); the export closes it
 * @param foreground who decides whether the process may read the terminal, used where the original is; {@link
 *     Foreground#of} of the process's proxy here, or of the command that started it
 */
public record Leaving(int descriptor, Foreground foreground) {

    /** A descriptor that may always be read. */
    public Leaving(int descriptor) {
        this(descriptor, Foreground.ALWAYS);
    }
}
