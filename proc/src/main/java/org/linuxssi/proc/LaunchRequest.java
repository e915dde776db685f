package org.linuxssi.proc;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A program to start.
 *
 * @param argv its name and arguments; a name without a slash is looked for in the PATH of {@code environment}
 * @param environment variables as {@code NAME=value}
 * @param directory its working directory, entered with its own rights
 * @param credentials whose it is
 * @param umask bits it does not give to new files
 * @param limits resource limits by the kernel's number ({@code asm-generic/resource.h}); others are init's
 * @param nice -20 to 19
 * @param descriptors what it has open: its numbers, to ours; all others are closed
 * @param newSession whether it leads a session (and group) of its own
 * @param terminal which of its descriptors becomes the session's controlling terminal
 * @param pid the pid it must have; else the next one
 */
public record LaunchRequest(
        List<String> argv,
        List<String> environment,
        String directory,
        Credentials credentials,
        int umask,
        Map<Integer, Limit> limits,
        int nice,
        SortedMap<Integer, Integer> descriptors,
        boolean newSession,
        Optional<Integer> terminal,
        Optional<Integer> pid) {

    /**
     * A user.
     *
     * @param uid real, effective and saved user
     * @param gid real, effective and saved group
     * @param groups all supplementary groups
     */
    public record Credentials(int uid, int gid, List<Integer> groups) {
        /** The superuser. */
        public static final Credentials ROOT = new Credentials(0, 0, List.of());
    }

    /**
     * A resource limit; -1 is none.
     *
     * @param soft the limit
     * @param hard what the program may raise it to
     */
    public record Limit(long soft, long hard) {}

    /** Checks the name. */
    public LaunchRequest {
        if (argv.isEmpty() || argv.getFirst().isEmpty()) {
            throw new IllegalArgumentException("launch: no program is named");
        }
    }

    /** Returns the start of a program of root in {@code /} with a session of its own and nothing open. */
    public static LaunchRequest of(String... argv) {
        return new LaunchRequest(
                List.of(argv),
                List.of("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
                "/",
                Credentials.ROOT,
                022,
                Map.of(),
                0,
                new TreeMap<>(),
                true,
                Optional.empty(),
                Optional.empty());
    }

    /** Returns the same with one more descriptor. */
    public LaunchRequest withDescriptor(int theirs, int ours) {
        SortedMap<Integer, Integer> more = new TreeMap<>(descriptors);
        more.put(theirs, ours);
        return new LaunchRequest(
                argv, environment, directory, credentials, umask, limits, nice, more, newSession, terminal, pid);
    }

    /** Returns the same of another user. */
    public LaunchRequest withCredentials(Credentials other) {
        return new LaunchRequest(
                argv, environment, directory, other, umask, limits, nice, descriptors, newSession, terminal, pid);
    }

    /** Returns the same with another environment. */
    public LaunchRequest withEnvironment(List<String> other) {
        return new LaunchRequest(
                argv, other, directory, credentials, umask, limits, nice, descriptors, newSession, terminal, pid);
    }

    /** Returns the same in another directory. */
    public LaunchRequest withDirectory(String other) {
        return new LaunchRequest(
                argv, environment, other, credentials, umask, limits, nice, descriptors, newSession, terminal, pid);
    }

    /** Returns the same with resource limits. */
    public LaunchRequest withLimits(Map<Integer, Limit> other) {
        return new LaunchRequest(
                argv, environment, directory, credentials, umask, other, nice, descriptors, newSession, terminal, pid);
    }

    /** Returns the same with a umask. */
    public LaunchRequest withUmask(int other) {
        return new LaunchRequest(
                argv, environment, directory, credentials, other, limits, nice, descriptors, newSession, terminal, pid);
    }

    /** Returns the same with a nice value. */
    public LaunchRequest withNice(int other) {
        return new LaunchRequest(
                argv,
                environment,
                directory,
                credentials,
                umask,
                limits,
                other,
                descriptors,
                newSession,
                terminal,
                pid);
    }

    /** Returns the same with a controlling terminal, one of its own descriptors, and a session of its own. */
    public LaunchRequest withTerminal(int theirs) {
        return new LaunchRequest(
                argv,
                environment,
                directory,
                credentials,
                umask,
                limits,
                nice,
                descriptors,
                true,
                Optional.of(theirs),
                pid);
    }

    /** Returns the same with a fixed pid. */
    public LaunchRequest withPid(int other) {
        return new LaunchRequest(
                argv,
                environment,
                directory,
                credentials,
                umask,
                limits,
                nice,
                descriptors,
                newSession,
                terminal,
                Optional.of(other));
    }
}
