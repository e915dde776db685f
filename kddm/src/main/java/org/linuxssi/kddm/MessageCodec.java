package org.linuxssi.kddm;

import org.jspecify.annotations.Nullable;
import org.linuxssi.kddm.Message.Mode;
import org.linuxssi.kddm.Message.Outcome;
import org.linuxssi.kddm.Message.Verdict;
import org.linuxssi.kddm.Message.Want;
import org.linuxssi.kddm.spi.SetId;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.DecodeException;
import org.linuxssi.tools.Decoder;
import org.linuxssi.tools.Encoder;

/** Bytes of messages: one byte of kind, set, object, then the fields in their order. */
final class MessageCodec {

    /** The largest error text in bytes. */
    static final int MAX_ERROR = 4096;

    private static final Want[] WANTS = Want.values();
    private static final Mode[] MODES = Mode.values();
    private static final Outcome[] OUTCOMES = Outcome.values();
    private static final Verdict[] VERDICTS = Verdict.values();

    static final Codec<Message> CODEC = Codec.of(MessageCodec::encode, MessageCodec::decode);

    private MessageCodec() {}

    private static Encoder head(Encoder out, int kind, Message message) {
        return out.i8(kind).i64(message.set()).i64(message.object());
    }

    private static void encode(Message message, Encoder out) {
        switch (message) {
            case Message.Request it ->
                head(out, 1, it)
                        .i64(it.request())
                        .constant(it.want())
                        .i8(it.flags())
                        .i16(it.placement())
                        .i16(it.destination());
            case Message.Invalidate it ->
                head(out, 2, it)
                        .i64(it.seq())
                        .bool(it.removal())
                        .bool(it.attempt())
                        .i16(it.placement())
                        .i16(it.heir())
                        .i64(it.request());
            case Message.Invalidated it -> head(out, 3, it).i64(it.seq()).bool(it.busy());
            case Message.Supply it ->
                head(out, 4, it)
                        .i64(it.seq())
                        .constant(it.mode())
                        .node(it.requester())
                        .i64(it.request())
                        .i16(it.placement())
                        .bool(it.shared())
                        .bool(it.attempt());
            case Message.Relinquished it -> head(out, 5, it).i64(it.seq());
            case Message.Grant it -> {
                head(out, 6, it).i64(it.seq()).i64(it.request()).constant(it.outcome());
                data(out.i64(it.version()).i16(it.placement()).bool(it.safe()), it.data());
            }
            case Message.Done it ->
                head(out, 7, it)
                        .i64(it.seq())
                        .bool(it.present())
                        .bool(it.taken())
                        .bool(it.owns())
                        .text(it.error());
            case Message.Received it -> head(out, 8, it).i64(it.seq());
            case Message.Probe it -> head(out, 9, it).i64(it.seq());
            case Message.Exists it ->
                head(out, 10, it)
                        .bool(it.present())
                        .i16(it.placement())
                        .node(it.owner())
                        .i64(it.seq())
                        .i64(it.number());
            case Message.Created it -> head(out, 11, it).i64(it.seq());
            case Message.Witnessed it -> head(out, 16, it).i64(it.seq());
            case Message.Blocked it -> head(out, 13, it).i64(it.seq());
            case Message.Backup it ->
                head(out, 14, it)
                        .i64(it.push())
                        .i64(it.version())
                        .i64(it.seq())
                        .i16(it.placement())
                        .bool(it.durable())
                        .bytes(it.data());
            case Message.BackedUp it -> head(out, 15, it).i64(it.push());
            case Message.Hinted it ->
                head(out, 17, it)
                        .node(it.requester())
                        .i64(it.request())
                        .i8(it.flags())
                        .i16(it.placement());
            case Message.Shared it ->
                head(out, 18, it)
                        .i64(it.seq())
                        .i64(it.request())
                        .i64(it.version())
                        .i16(it.placement())
                        .bytes(it.data());
            case Message.Readers it ->
                head(out, 19, it).i64(it.number()).nodes(it.readers()).i64(it.deferred());
            case Message.Registered it -> head(out, 20, it).i64(it.number());
            case Message.Settle it ->
                head(out, 12, it).i64(it.seq()).i64(it.version()).constant(it.verdict());
        }
    }

    private static Message decode(Decoder in) {
        int kind = in.i8();
        long set = set(in);
        long object = in.i64();
        return switch (kind) {
            case 1 ->
                new Message.Request(set, object, in.i64(), in.constant(WANTS), in.i8(), placement(in), destination(in));
            case 2 ->
                new Message.Invalidate(
                        set, object, in.i64(), in.bool(), in.bool(), placement(in), destination(in), in.i64());
            case 3 -> new Message.Invalidated(set, object, in.i64(), in.bool());
            case 4 ->
                new Message.Supply(
                        set,
                        object,
                        in.i64(),
                        in.constant(MODES),
                        in.node(),
                        in.i64(),
                        placement(in),
                        in.bool(),
                        in.bool());
            case 5 -> new Message.Relinquished(set, object, in.i64());
            case 6 ->
                new Message.Grant(
                        set,
                        object,
                        in.i64(),
                        in.i64(),
                        in.constant(OUTCOMES),
                        in.i64(),
                        placement(in),
                        in.bool(),
                        in.bool() ? in.bytes(SetSpec.MAX_OBJECT_SIZE) : null);
            case 7 -> new Message.Done(set, object, in.i64(), in.bool(), in.bool(), in.bool(), in.text(MAX_ERROR));
            case 8 -> new Message.Received(set, object, in.i64());
            case 9 -> new Message.Probe(set, object, in.i64());
            case 10 -> new Message.Exists(set, object, in.bool(), placement(in), in.node(), in.i64(), in.i64());
            case 11 -> new Message.Created(set, object, in.i64());
            case 13 -> new Message.Blocked(set, object, in.i64());
            case 14 ->
                new Message.Backup(
                        set,
                        object,
                        in.i64(),
                        in.i64(),
                        in.i64(),
                        placement(in),
                        in.bool(),
                        in.bytes(SetSpec.MAX_OBJECT_SIZE));
            case 15 -> new Message.BackedUp(set, object, in.i64());
            case 16 -> new Message.Witnessed(set, object, in.i64());
            case 17 -> new Message.Hinted(set, object, in.node(), in.i64(), in.i8(), placement(in));
            case 18 ->
                new Message.Shared(
                        set, object, in.i64(), in.i64(), in.i64(), placement(in), in.bytes(SetSpec.MAX_OBJECT_SIZE));
            case 19 -> new Message.Readers(set, object, in.i64(), in.nodes(), in.i64());
            case 20 -> new Message.Registered(set, object, in.i64());
            case 12 -> new Message.Settle(set, object, in.i64(), in.i64(), in.constant(VERDICTS));
            default -> throw new DecodeException(0, kind + " is no message of kddm");
        };
    }

    private static void data(Encoder out, byte @Nullable [] data) {
        out.bool(data != null);
        if (data != null) {
            out.bytes(data);
        }
    }

    /** Reads the key of a set. */
    static long set(Decoder in) {
        return in.value(SetId.CODEC).key();
    }

    /** Reads where an object's directory entry goes. */
    static int placement(Decoder in) {
        int placement = in.i16();
        if (placement > Members.LOCAL) {
            throw new DecodeException(in.position() - 2, placement + " is no placement");
        }
        return placement;
    }

    private static int destination(Decoder in) {
        int destination = in.i16();
        if (destination > 0xff && destination != Message.ANY_NODE) {
            throw new DecodeException(in.position() - 2, destination + " is no node");
        }
        return destination;
    }

    /** Cuts an error text to what a message takes. */
    static String error(String text) {
        return text.length() <= MAX_ERROR / 4 ? text : text.substring(0, MAX_ERROR / 4);
    }
}
