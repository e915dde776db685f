package org.linuxssi.control;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.linuxssi.control.Frames.Frame;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.UnixSocket;
import org.linuxssi.tools.DecodeException;

/**
 * The command's side: one connection for one request.
 *
 * <pre>{@code
 * try (ControlClient client = ControlClient.connect(path)) {
 *     client.send(new Request.Migrate(712, NodeId.of(2), true));
 *     Reply.Last last = client.await((reply, descriptors) -> print(reply));
 * }
 * }</pre>
 */
public final class ControlClient implements AutoCloseable {

    private final Frames frames;

    private ControlClient(UnixSocket socket) {
        frames = new Frames(socket);
    }

    /** Takes passing replies. */
    @FunctionalInterface
    public interface Listener {
        /**
         * Takes one.
         *
         * @param descriptors came with it; the listener closes them
         */
        void passing(Reply.Passing reply, List<Integer> descriptors);
    }

    /**
     * Connects to a daemon.
     *
     * @throws NotRunningException when nobody listens there
     * @throws ControlException when the socket can't be used, for example EACCES
     */
    public static ControlClient connect(Path path) {
        try {
            return new ControlClient(UnixSocket.connect(path.toString()));
        } catch (ErrnoException problem) {
            if (problem.errno() == Errno.ENOENT
                    || problem.errno() == Errno.ECONNREFUSED
                    || problem.errno() == Errno.ENOTDIR) {
                throw new NotRunningException(path.toString(), problem.errno());
            }
            throw new ControlException(problem.errno(), String.valueOf(problem.getMessage()));
        }
    }

    /** Sends a request without descriptors and waits for the last reply, ignoring the passing ones. */
    public static Reply.Last ask(Path path, Request request) {
        try (ControlClient client = connect(path)) {
            client.send(request, List.of());
            return client.await((_, descriptors) -> Frames.close(descriptors));
        }
    }

    /**
     * Sends the request.
     *
     * @param descriptors go with it and stay open here
     */
    public void send(Request request, List<Integer> descriptors) {
        try {
            frames.send(request, Request.CODEC, descriptors);
        } catch (ErrnoException problem) {
            if (problem.errno() != Errno.EPIPE && problem.errno() != Errno.ECONNRESET) {
                throw new ControlException(problem.errno(), String.valueOf(problem.getMessage()));
            }
            // a daemon that refuses before it reads has left its reason to be read
        }
    }

    /** Tells the daemon something about the running request, by any thread; a daemon that is gone is noticed by the one who waits. */
    public void send(Input input) {
        try {
            frames.send(input, Input.CODEC, List.of());
        } catch (ErrnoException problem) {
            ControlServer.LOG.log(System.Logger.Level.DEBUG, "the daemon is gone", problem);
        }
    }

    /**
     * Waits for the last reply.
     *
     * @throws ControlException for {@link Reply.Failed}, EPROTO for a daemon of another version, ECONNRESET when the
     *     daemon ended meanwhile
     */
    public Reply.Last await(Listener listener) {
        while (true) {
            Frame<Reply> frame = next();
            switch (frame.message()) {
                case Reply.Passing passing -> listener.passing(passing, frame.descriptors());
                case Reply.Failed failed -> throw new ControlException(failed.errno(), failed.text());
                case Reply.Last last -> {
                    Frames.close(frame.descriptors());
                    return last;
                }
            }
        }
    }

    private Frame<Reply> next() {
        Optional<Frame<Reply>> frame;
        try {
            frame = frames.receive(Reply.CODEC);
        } catch (DecodeException problem) {
            throw new ControlException(
                    Errno.EPROTO, "the daemon's answer is not understood (" + problem.getMessage() + ")");
        } catch (ErrnoException problem) {
            throw new ControlException(problem.errno(), "the daemon's answer: " + String.valueOf(problem.getMessage()));
        }
        return frame.orElseThrow(
                () -> new ControlException(Errno.ECONNRESET, "the daemon ended before it answered; see its log"));
    }

    /** Ends the connection; the daemon takes it as {@link Input.HungUp}. */
    @Override
    public void close() {
        frames.close();
    }
}
