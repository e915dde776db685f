package org.linuxssi.stream;

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

    /** How many bytes it may be sent. */
    long credit;

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

    /** It was told of the end. */
    boolean ended;

    Remote(Key key, long credit) {
        this.key = key;
        this.credit = credit;
    }

    boolean takes() {
        return most() > 0 && open();
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
