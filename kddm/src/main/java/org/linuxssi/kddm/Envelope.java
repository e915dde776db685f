package org.linuxssi.kddm;

import java.util.ArrayList;
import java.util.List;
import org.linuxssi.tools.Codec;

/**
 * Messages that one step has for a node, with the epoch of the view they were sent in: older ones are dropped, newer ones wait for
 * the view.
 *
 * @param epoch of the sender's view
 * @param messages what they say, in order, 1 to {@link #MOST}
 */
record Envelope(long epoch, List<Message> messages) {

    /** The most messages in one. */
    static final int MOST = 64;
    /** Above so many bytes of objects nothing is added. */
    private static final int HEAVY = 64 << 10;

    static final Codec<Envelope> CODEC = Codec.of(
            (it, out) -> out.i64(it.epoch).list(it.messages, MessageCodec.CODEC),
            in -> new Envelope(in.i64(), in.list(MOST, MessageCodec.CODEC)));

    Envelope(long epoch, Message message) {
        this(epoch, List.of(message));
    }

    /** Returns as few as have room for all. */
    static List<Envelope> of(long epoch, List<Message> messages) {
        List<Envelope> full = new ArrayList<>(1);
        List<Message> next = new ArrayList<>();
        int bytes = 0;
        for (Message message : messages) {
            next.add(message);
            bytes += bytes(message);
            if (next.size() == MOST || bytes > HEAVY) {
                full.add(new Envelope(epoch, next));
                next = new ArrayList<>();
                bytes = 0;
            }
        }
        if (!next.isEmpty()) {
            full.add(new Envelope(epoch, next));
        }
        return full;
    }

    private static int bytes(Message message) {
        byte[] data =
                switch (message) {
                    case Message.Grant grant -> grant.data();
                    case Message.Shared shared -> shared.data();
                    case Message.Backup backup -> backup.data();
                    default -> null;
                };
        return data == null ? 0 : data.length;
    }
}
