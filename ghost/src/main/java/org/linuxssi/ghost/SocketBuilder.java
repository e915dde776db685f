package org.linuxssi.ghost;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.linuxssi.ghost.SavedSocket.Inet;
import org.linuxssi.ghost.SavedSocket.Unix;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Sockets;

/** Makes the sockets of an image, all at once, since they refer to each other. */
final class SocketBuilder implements AutoCloseable {

    private final Map<Long, Integer> made = new HashMap<>();
    private final SocketPlaces places;

    /**
     * Makes them.
     *
     * @param root path of the root directory that the processes see
     */
    SocketBuilder(List<SavedSocket> sockets, String root) {
        places = new SocketPlaces(root);
        boolean complete = false;
        try {
            new UnixSocketBuilder(sockets, places, made).build();
            inet(sockets, inet -> inet.backlog() >= 0);
            inet(sockets, inet -> inet.backlog() < 0);
            new TcpBuilder(sockets, made).build();
            for (SavedSocket socket : sockets) {
                Descriptors.setFlags(get(socket.id()), socket.flags());
            }
            complete = true;
        } finally {
            if (!complete) {
                undo();
                close();
            }
        }
    }

    /** Makes those without a connection that are meant and not there yet. */
    private void inet(List<SavedSocket> sockets, Predicate<Inet> meant) {
        for (SavedSocket socket : sockets) {
            boolean known = made.containsKey(socket.id());
            if (socket.state() instanceof Inet inet && inet.connection().isEmpty() && !known && meant.test(inet)) {
                made.put(socket.id(), inet(socket, inet));
            }
        }
    }

    /** Returns a socket, which stays ours. */
    int get(long id) {
        Integer descriptor = made.get(id);
        if (descriptor == null) {
            throw new ErrnoException("find socket " + id + " in the image", Errno.EPROTO);
        }
        return descriptor;
    }

    private static int inet(SavedSocket socket, Inet inet) {
        int descriptor = Sockets.create(inet.domain(), inet.type(), 0);
        boolean complete = false;
        try {
            Sockets.own(descriptor, socket.uid(), socket.gid());
            SocketOptions.set(descriptor, socket.options());
            if (inet.local().length > 0) {
                bind(descriptor, inet);
            }
            if (inet.backlog() >= 0) {
                Sockets.listen(descriptor, inet.backlog());
            }
            if (inet.remote().length > 0) {
                connect(descriptor, inet);
            }
            int reuse = SocketOptions.number(socket.options(), Sockets.SOL_SOCKET, SocketOptions.SO_REUSEADDR);
            Sockets.setNumber(descriptor, Sockets.SOL_SOCKET, SocketOptions.SO_REUSEADDR, reuse);
            complete = true;
            return descriptor;
        } finally {
            if (!complete) {
                Descriptors.close(descriptor);
            }
        }
    }

    /** A server that listens has room for those that waited before. */
    private static void connect(int descriptor, Inet inet) {
        Descriptors.setFlags(descriptor, Descriptors.O_NONBLOCK);
        try {
            Sockets.connect(descriptor, inet.remote(), SocketNames.text(inet.remote()));
        } catch (ErrnoException problem) {
            if (problem.errno() != Errno.EINPROGRESS) {
                throw problem;
            }
        }
    }

    /** Connections of the past must not keep a server from its port. */
    private static void bind(int descriptor, Inet inet) {
        if (inet.type() == Sockets.SOCK_STREAM) {
            Sockets.setNumber(descriptor, Sockets.SOL_SOCKET, SocketOptions.SO_REUSEADDR, 1);
        }
        try {
            Sockets.bind(descriptor, inet.local(), SocketNames.text(inet.local()));
        } catch (ErrnoException problem) {
            boolean elsewhere = problem.errno() == Errno.EADDRNOTAVAIL && inet.remote().length > 0;
            if (!elsewhere) {
                throw problem;
            }
            byte[] any = new byte[inet.local().length];
            System.arraycopy(inet.local(), 0, any, 0, 4);
            Sockets.bind(descriptor, any, SocketNames.text(any));
        }
    }

    /** Removes the files that were made. */
    void undo() {
        places.undo();
    }

    /** Lets go of the sockets: from now on they belong to the processes alone. */
    @Override
    public void close() {
        made.values().forEach(Descriptors::close);
        made.clear();
        places.close();
    }

    /** Tells whether one is of the Unix domain. */
    static boolean isUnix(SavedSocket socket) {
        return socket.state() instanceof Unix;
    }
}
