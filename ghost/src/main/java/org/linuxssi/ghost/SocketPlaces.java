package org.linuxssi.ghost;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.linuxssi.ghost.SavedSocket.Bound;
import org.linuxssi.ghost.SavedSocket.Unix;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Fds;
import org.linuxssi.linux.RootedCalls;
import org.linuxssi.linux.Sockets;

/**
 * Binds sockets of the Unix domain to their paths, as the processes see them. A name whose file is not to be seen is bound below a
 * root directory of its own, which goes afterwards.
 */
final class SocketPlaces implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(SocketPlaces.class.getName());
    private static final int KIND = 0170000;
    private static final int SOCKET = 0140000;
    private static final int DIRECTORY = Fds.O_PATH | Fds.O_DIRECTORY;

    private final String root;
    private final List<Integer> opened = new ArrayList<>();
    private final List<Path> hidden = new ArrayList<>();
    private final Map<Long, RootedCalls> where = new HashMap<>();
    private final List<Made> made = new ArrayList<>();

    /** A file that was made. */
    private record Made(RootedCalls place, byte[] name, String called) {}

    /**
     * Begins.
     *
     * @param root path of the root directory that the processes see
     */
    SocketPlaces(String root) {
        this.root = root;
    }

    private int directory(String path) {
        int descriptor = Fds.open(path, DIRECTORY);
        opened.add(descriptor);
        return descriptor;
    }

    /** Binds a socket and has its file as it was. */
    void bind(long id, int descriptor, Unix socket) {
        if (socket.file().isEmpty()
                || !visible(id, descriptor, socket, socket.file().get())) {
            bindHidden(id, descriptor, socket.name());
        }
    }

    /** Returns whether that was done: the file of a connection is left to others. */
    private boolean visible(long id, int descriptor, Unix socket, Bound file) {
        String called = socket.called();
        RootedCalls place = new RootedCalls(directory(root + "/"), directory(root + "/" + file.directory()));
        try {
            place.bind(descriptor, SocketNames.address(socket.name()), called);
        } catch (ErrnoException problem) {
            boolean connection = !socket.datagrams()
                    && (socket.link() == SavedSocket.Link.CONNECTED || socket.link() == SavedSocket.Link.ENDED);
            if (problem.errno() != Errno.EADDRINUSE) {
                throw problem;
            }
            if (connection) {
                return false;
            }
            requireStale(place, socket.name(), called);
            place.unlink(socket.name(), called);
            place.bind(descriptor, SocketNames.address(socket.name()), called);
        }
        made.add(new Made(place, socket.name(), called));
        place.own(socket.name(), file.uid(), file.gid(), file.mode(), called);
        where.put(id, place);
        return true;
    }

    private static void requireStale(RootedCalls place, byte[] name, String called) {
        if ((place.mode(name) & KIND) != SOCKET) {
            throw new ErrnoException("bind a socket to " + called + ", where another file is", Errno.EEXIST);
        }
        int probe = Sockets.create(Sockets.AF_UNIX, Sockets.SOCK_DGRAM, 0);
        try {
            long result = place.tryConnect(probe, SocketNames.address(name));
            if (result != -Errno.ECONNREFUSED.number()) {
                throw new ErrnoException("bind a socket to " + called + ", which others use", Errno.EADDRINUSE);
            }
        } finally {
            Descriptors.close(probe);
        }
    }

    /** Gives a socket a name that nobody else sees; abstract names have no other place than the one. */
    void bindHidden(long id, int descriptor, byte[] name) {
        String called = Unix.called(name);
        if (name.length == 0 || name[0] == 0) {
            Sockets.bind(descriptor, SocketNames.address(name), called);
            return;
        }
        RootedCalls place = hiddenPlace(new String(name, StandardCharsets.UTF_8));
        place.bind(descriptor, SocketNames.address(name), called);
        where.put(id, place);
    }

    private RootedCalls hiddenPlace(String name) {
        try {
            Path directory = Files.createTempDirectory("socket");
            hidden.add(directory);
            Path file = directory.resolve(
                    Path.of("/").resolve(name).normalize().toString().substring(1));
            Files.createDirectories(java.util.Objects.requireNonNullElse(file.getParent(), directory));
            int descriptor = directory(directory.toString());
            return new RootedCalls(descriptor, descriptor);
        } catch (IOException | InvalidPathException problem) {
            throw new ErrnoException("make a place for socket " + name + ", " + problem.getMessage(), Errno.EIO);
        }
    }

    /** Connects one socket to another that was bound here. */
    void connect(int descriptor, long to, byte[] name) {
        place(to).connect(descriptor, SocketNames.address(name), Unix.called(name));
    }

    /** Returns from where the name of a socket that was bound here is seen. */
    RootedCalls place(long id) {
        return where.getOrDefault(id, RootedCalls.HERE);
    }

    /** Removes the files that were made. */
    void undo() {
        for (Made file : made) {
            try {
                file.place().unlink(file.name(), file.called());
            } catch (ErrnoException _) {
                // somebody else removed it
            }
        }
        made.clear();
    }

    @Override
    public void close() {
        opened.forEach(Descriptors::close);
        opened.clear();
        hidden.forEach(SocketPlaces::delete);
        hidden.clear();
    }

    private static void delete(Path directory) {
        try (Stream<Path> all = Files.walk(directory)) {
            all.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
        } catch (IOException problem) {
            LOG.log(System.Logger.Level.WARNING, "{0} stays: {1}", directory, problem.getMessage());
        }
    }
}
