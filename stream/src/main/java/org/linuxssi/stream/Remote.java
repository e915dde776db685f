package org.linuxssi.stream;

import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Optional;
import org.linuxssi.tools.NodeId;

/** What an anchor knows of one stand-in. */
final class Remote {

    /** Names a stand-in in the cluster. */
    record Key(NodeId node, long attachment) {}

    final Key key;

    /** Bytes that its process did not read before it came here; they go before all others. */
    final ArrayDeque<byte[]> first = new ArrayDeque<>();

    /** How many bytes it may be sent. Comes back as they are read, or as they are taken where no others could read them. */
    long credit;

    /** It was sent bytes ahead, others read too now, and it has not yet given back what it has. */
    boolean unsure;

    /** It was told that bytes are sent as they are there; nothing before it was told either. */
    Optional<Boolean> ahead = Optional.empty();

    /** How many bytes its programs wait for, where bytes are sent on demand. */
    long wanted;

    /** Who waits for them. */
    Wish.Reader reader = Wish.Reader.ANYBODY;

    /** How many exports and closings are under way; nothing is sent meanwhile. */
    int pauses;

    /** The ticket whose outcome it waits for before it is sent anything. */
    Optional<Ticket> gate = Optional.empty();

    /** A process came to it, so that it stays when another one does not come after all. */
    boolean used;

    /** It was told of the end. */
    boolean ended;

    private final long window;

    Remote(Key key, long credit) {
        this.key = key;
        this.window = credit;
        this.credit = credit;
    }

    void tell(Hub hub, Frame.Type type, long argument, byte[] bytes) {
        hub.send(key.node(), new Frame(type, 0, key.attachment(), argument, bytes));
    }

    /** Tells whether bytes can be sent to it now: after the end nobody would read them. */
    boolean takes() {
        return most() > 0 && open() && !ended;
    }

    /** Tells whether bytes that it was sent, or is to be sent first, may come back for others. */
    boolean holdsUnread() {
        return ahead.orElse(false) || unsure || credit < window || !first.isEmpty();
    }

    /** Tells whether it may be sent anything now. */
    boolean open() {
        return pauses == 0 && gate.isEmpty();
    }

    /** Returns how many bytes it may be sent now. */
    long most() {
        return ahead.orElse(false) ? credit : Math.min(credit, wanted);
    }

    /** Bytes or the end of input were sent. */
    void sent(long count) {
        credit -= count;
        wanted = 0;
    }

    /** Returns what was sent to it, followed by what was to be sent first. */
    byte[] followedByFirst(byte[] sent) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(sent);
        first.forEach(bytes::writeBytes);
        return bytes.toByteArray();
    }

    /** Takes the first piece of a queue, or as much of it as the limit allows; empty when there is none. */
    static byte[] take(ArrayDeque<byte[]> queue, int limit) {
        if (queue.isEmpty()) {
            return new byte[0];
        }
        byte[] bytes = queue.remove();
        if (bytes.length <= limit) {
            return bytes;
        }
        queue.addFirst(Arrays.copyOfRange(bytes, limit, bytes.length));
        return Arrays.copyOf(bytes, limit);
    }

    /** A process on its way from the issuer to another node. */
    static final class Ticket {

        /** Names a ticket in the cluster. */
        record Key(NodeId issuer, long serial) {}

        /** Where the process goes. */
        final NodeId destination;

        /** That node is out of the cluster. */
        boolean destinationLost;

        /** The stand-in that was made with it. */
        Optional<Remote> successor = Optional.empty();

        /** The stand-in was there before. */
        boolean joined;

        /** The process has left its old node. */
        boolean committed;

        /** The process has the original again. */
        boolean home;

        /** What it had not read there. */
        byte[] leftover = {};

        Ticket(NodeId destination) {
            this.destination = destination;
        }
    }
}
