package org.linuxssi.control;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.linuxssi.control.Frames.Frame;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.UnixSocket;
import org.linuxssi.tools.DecodeException;

/** One request while it is worked on: who asks, what came with it, and the way back. */
public final class Exchange {

    private final Frames frames;
    private final UnixSocket.Peer caller;
    private final List<Integer> descriptors;
    private final BooleanSupplier ending;
    private boolean listening;

    /** Begins an exchange; {@code ending} tells whether the server ends. */
    Exchange(Frames frames, UnixSocket.Peer caller, List<Integer> descriptors, BooleanSupplier ending) {
        this.ending = ending;
        this.frames = frames;
        this.caller = caller;
        this.descriptors = new ArrayList<>(descriptors);
    }

    /** Returns who asks; the kernel vouches for it. */
    public UnixSocket.Peer caller() {
        return caller;
    }

    /**
     * Checks that the caller is root.
     *
     * @param operation for the message
     * @throws ControlException EPERM
     */
    public void requireRoot(String operation) {
        if (caller.uid() != 0) {
            throw new ControlException(
                    Errno.EPERM, operation + ": user " + caller.uid() + " may not, only root; use sudo");
        }
    }

    /**
     * Takes the descriptors that came with the request: the handler closes them from now on. Those nobody takes are
     * closed when the request ends.
     *
     * @return in the order in which they were sent
     */
    public synchronized List<Integer> takeDescriptors() {
        List<Integer> taken = List.copyOf(descriptors);
        descriptors.clear();
        return taken;
    }

    synchronized void closeDescriptors() {
        Frames.close(takeDescriptors());
    }

    /**
     * Sends a passing reply, by any thread. A caller that is gone is no error here: it is told by
     * {@link Input.HungUp}.
     */
    public void send(Reply.Passing reply) {
        send(reply, List.of());
    }

    /**
     * Sends a passing reply with descriptors.
     *
     * @param passed stay open here; the receiver gets duplicates
     */
    public void send(Reply.Passing reply, List<Integer> passed) {
        quietly(reply, passed);
    }

    void finish(Reply.Last reply) {
        quietly(reply, List.of());
    }

    private void quietly(Reply reply, List<Integer> passed) {
        try {
            frames.send(reply, Reply.CODEC, passed);
        } catch (ErrnoException problem) {
            if (problem.errno() == Errno.EBADF && !passed.isEmpty()) {
                throw problem;
            }
            ControlServer.LOG.log(System.Logger.Level.DEBUG, "caller " + caller.pid() + " is gone", problem);
        }
    }

    /**
     * From now on passes what the caller says to the listener, on a thread of its own, one at a time. The last input
     * is {@link Input.HungUp}, also when the request is over, but not when it is this server that ends.
     *
     * @throws IllegalStateException when there is a listener already
     */
    public synchronized void onInput(Consumer<Input> listener) {
        if (listening) {
            throw new IllegalStateException("the exchange has a listener");
        }
        listening = true;
        Thread.ofPlatform().daemon().name("control-input-" + caller.pid()).start(() -> listen(listener));
    }

    private void listen(Consumer<Input> listener) {
        try {
            Optional<Frame<Input>> frame = frames.receive(Input.CODEC);
            while (frame.isPresent()) {
                Frames.close(frame.get().descriptors());
                listener.accept(frame.get().message());
                frame = frames.receive(Input.CODEC);
            }
        } catch (ErrnoException | DecodeException problem) {
            ControlServer.LOG.log(System.Logger.Level.DEBUG, "input of caller " + caller.pid() + " ended", problem);
        } finally {
            if (!ending.getAsBoolean()) {
                listener.accept(new Input.HungUp());
            }
        }
    }
}
