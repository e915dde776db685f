package org.linuxssi.ghost;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.IntPredicate;
import org.linuxssi.ghost.spi.OpenFile;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.SocketDiag;
import org.linuxssi.linux.SocketDiag.Unix;

/**
 * The sockets at one time.
 *
 * @param all those of the Unix domain, by inode
 * @param tcp those of TCP that the application has
 * @param inside inodes of those that belong to the application
 * @param processes of the application
 * @param perhapsInside tells whether another process belongs to it although it is not among them
 * @param complete whether the processes stand still; else there may be more by now
 */
record SocketView(
        Map<Long, Unix> all,
        TcpConnections tcp,
        Set<Long> inside,
        Set<Integer> processes,
        IntPredicate perhapsInside,
        boolean complete) {

    static final SocketView EMPTY =
            new SocketView(Map.of(), TcpConnections.of(Map.of()), Set.of(), Set.of(), _ -> false, false);

    /** Looks at the sockets, when the files have any. */
    static SocketView of(Map<Integer, List<OpenFile>> application, IntPredicate perhapsInside, boolean complete) {
        Set<Long> inside = new HashSet<>();
        application.values().stream()
                .flatMap(Collection::stream)
                .filter(OpenFile::socket)
                .forEach(file -> inside.add(file.inode()));
        return inside.isEmpty()
                ? EMPTY
                : new SocketView(
                        SocketDiag.unix(),
                        TcpConnections.of(application),
                        inside,
                        Set.copyOf(application.keySet()),
                        perhapsInside,
                        complete);
    }

    Optional<Unix> find(long inode) {
        return Optional.ofNullable(all.get(inode));
    }

    boolean inside(Unix socket) {
        return inside.contains(socket.inode());
    }

    /** Tells whether one of this name belongs to the application. */
    boolean inside(String name) {
        return all.values().stream()
                .anyMatch(socket -> inside(socket) && socket.name().equals(name));
    }

    /** Returns the one that a socket waits for to be accepted. */
    Optional<Unix> awaited(long inode) {
        return all.values().stream()
                .filter(socket -> socket.waiting().contains(inode))
                .findFirst();
    }

    /** Tells whether others of this name are those that one of them accepted. */
    boolean accepted(Unix socket) {
        return !socket.name().isEmpty()
                && !socket.listens()
                && all.values().stream()
                        .anyMatch(other -> other.listens() && other.name().equals(socket.name()));
    }

    /** Returns a process outside of the application that has the socket. */
    OptionalInt holder(long inode) {
        String link = "socket:[" + inode + "]";
        return ProcFiles.processes().stream()
                .filter(pid -> !processes.contains(pid) && holds(pid, link))
                .mapToInt(Integer::intValue)
                .filter(pid -> !perhapsInside.test(pid))
                .findFirst();
    }

    private static boolean holds(int pid, String link) {
        try {
            return ProcFiles.descriptors(pid).stream()
                    .anyMatch(fd -> ProcFiles.link(pid, "fd/" + fd).equals(link));
        } catch (ErrnoException gone) {
            return false;
        }
    }
}
