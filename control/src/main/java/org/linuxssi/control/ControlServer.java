package org.linuxssi.control;

import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import org.linuxssi.control.Frames.Frame;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.Syscalls;
import org.linuxssi.linux.UnixSocket;
import org.linuxssi.tools.DecodeException;

/**
 * Answers commands at a socket that everybody may connect to; each connection has its own platform threads.
 *
 * <pre>{@code
 * try (ControlServer server = new ControlServer(runDirectory.resolve("control"), (request, exchange) ->
 *         switch (request) {
 *             case Request.ClusterStatus() -> new Reply.Cluster(ClusterState.UP, online);
 *             ...
 *         })) {
 *     shutdown.await();
 * }
 * }</pre>
 */
public final class ControlServer implements AutoCloseable {

    static final System.Logger LOG = System.getLogger(ControlServer.class.getName());

    /** The most requests at once of users other than root, so that they can't lock root out. */
    static final int USERS_LIMIT = 400;

    private static final Duration ACCEPT_PAUSE = Duration.ofMillis(50);
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(2);

    private final UnixSocket socket;
    private final Path path;
    private final ControlHandler handler;
    private final Semaphore places = new Semaphore(USERS_LIMIT);
    private final Set<Frames> connections = ConcurrentHashMap.newKeySet();
    private final Set<Thread> workers = ConcurrentHashMap.newKeySet();
    private final Thread acceptor;
    private volatile boolean closing;

    /**
     * Listens at once.
     *
     * @param path of the socket, in an existing directory; a socket that nobody listens at is replaced
     * @throws ErrnoException EADDRINUSE when a daemon answers there
     */
    public ControlServer(Path path, ControlHandler handler) {
        this.path = path;
        this.handler = handler;
        removeDead(path.toString());
        socket = UnixSocket.listen(path.toString(), 0666);
        acceptor = Thread.ofPlatform().daemon().name("control-accept").start(this::accept);
    }

    private static void removeDead(String path) {
        try {
            UnixSocket.connect(path).close();
        } catch (ErrnoException problem) {
            if (problem.errno() == Errno.ECONNREFUSED) {
                unlink(path);
            }
            return;
        }
        throw new ErrnoException("control socket " + path + ": another daemon answers there", Errno.EADDRINUSE);
    }

    private static void unlink(String path) {
        try (Arena arena = Arena.ofConfined()) {
            Syscalls.call(Nr.UNLINK, Syscalls.text(arena, path).address());
        }
    }

    private void accept() {
        while (!closing) {
            try {
                begin(new Frames(socket.accept()));
            } catch (ErrnoException problem) {
                if (!closing) {
                    LOG.log(Level.WARNING, "control socket " + path + ": a connection was lost", problem);
                    LockSupport.parkNanos(ACCEPT_PAUSE.toNanos());
                }
            }
        }
    }

    private synchronized void begin(Frames frames) {
        if (closing) {
            frames.close();
            return;
        }
        connections.add(frames);
        Thread worker = Thread.ofPlatform().daemon().name("control").unstarted(() -> serve(frames));
        workers.add(worker);
        worker.start();
    }

    private void serve(Frames frames) {
        try (frames) {
            UnixSocket.Peer caller = frames.socket().peer();
            boolean counted = caller.uid() != 0;
            if (counted && !places.tryAcquire()) {
                Exchange exchange = new Exchange(frames, caller, List.of(), () -> closing);
                exchange.finish(new Reply.Failed(Errno.EAGAIN, USERS_LIMIT + " requests are running; try again"));
                return;
            }
            try {
                request(frames, caller);
            } finally {
                if (counted) {
                    places.release();
                }
            }
        } catch (ErrnoException problem) {
            LOG.log(Level.DEBUG, "control connection ended", problem);
        } finally {
            connections.remove(frames);
            workers.remove(Thread.currentThread());
        }
    }

    private void request(Frames frames, UnixSocket.Peer caller) {
        Exchange exchange = new Exchange(frames, caller, List.of(), () -> closing);
        try {
            Optional<Frame<Request>> frame = frames.receive(Request.CODEC);
            if (frame.isPresent()) {
                exchange = new Exchange(frames, caller, frame.get().descriptors(), () -> closing);
                exchange.finish(answer(frame.get().message(), exchange));
            }
        } catch (DecodeException problem) {
            exchange.finish(new Reply.Failed(Errno.EPROTO, "request refused: " + problem.getMessage()));
        } finally {
            exchange.closeDescriptors();
        }
    }

    private Reply.Last answer(Request request, Exchange exchange) {
        try {
            return handler.handle(request, exchange);
        } catch (ControlException problem) {
            return new Reply.Failed(problem.errno(), problem.getMessage());
        } catch (ErrnoException problem) {
            return new Reply.Failed(problem.errno(), String.valueOf(problem.getMessage()));
        } catch (InterruptedException _) {
            return new Reply.Failed(Errno.ESHUTDOWN, "the daemon ends");
        } catch (RuntimeException problem) {
            LOG.log(Level.ERROR, request.getClass().getSimpleName() + " failed", problem);
            return new Reply.Failed(Errno.EIO, "internal error: " + problem + "; see the daemon's log");
        }
    }

    /**
     * Stops listening, removes the socket, interrupts the handlers, gives them two seconds to send their last replies,
     * then ends the connections.
     */
    @Override
    public void close() {
        List<Thread> running = stopAccepting();
        running.forEach(Thread::interrupt);
        long end = System.nanoTime() + CLOSE_PATIENCE.toNanos();
        running.stream()
                .filter(worker -> !worker.equals(Thread.currentThread()))
                .forEach(worker -> join(worker, end));
        connections.forEach(Frames::close);
    }

    private synchronized List<Thread> stopAccepting() {
        closing = true;
        unlink(path.toString());
        socket.close();
        acceptor.interrupt();
        return List.copyOf(workers);
    }

    private static void join(Thread worker, long end) {
        try {
            worker.join(Duration.ofNanos(Math.max(0, end - System.nanoTime())));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
