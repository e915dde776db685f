package org.linuxssi.epm;

import java.nio.charset.StandardCharsets;
import org.linuxssi.epm.spi.Imaging;
import org.linuxssi.epm.spi.Places;
import org.linuxssi.linux.Errno;
import org.linuxssi.proc.History;
import org.linuxssi.rpc.Service;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;

/** The messages of a migration; {@code docs/architecture/migration.md} shows their order. */
final class Migration {

    private static final int TEXT_LIMIT = 8192;

    /** Opens the stream of an image from the source to the target. */
    static final Service<Offer, Codec.Nothing> OFFER =
            Service.of(340, "epm.offer", Offer.CODEC, Codec.NOTHING, Service.Dispatch.BLOCKING);

    /** The relations changed between the offer and the freeze. */
    static final Service<Relations, Codec.Nothing> RELATIONS =
            Service.of(341, "epm.relations", Relations.CODEC, Codec.NOTHING, Service.Dispatch.BLOCKING);

    /** Asks the target after a broken stream whether it let the process run. */
    static final Service<Key, Outcome> OUTCOME = Service.of(
            342,
            "epm.outcome",
            Key.CODEC,
            Codec.of((value, out) -> out.constant(value), in -> in.constant(Outcome.values())),
            Service.Dispatch.BLOCKING);

    /** Asks the node of a process to migrate it. */
    static final Service<Order, Result> ORDER =
            Service.of(343, "epm.migrate", Order.CODEC, Result.CODEC, Service.Dispatch.BLOCKING);

    private Migration() {}

    /** Whether the target let the process run. */
    enum Outcome {
        /** It runs, or ran, on the target. */
        RAN,
        /** It does not run on the target and never will. */
        DROPPED
    }

    /** Names one migration for ever: its source and a number that the source does not use again. */
    record Key(NodeId source, long number) {
        static final Codec<Key> CODEC =
                Codec.of((key, out) -> out.node(key.source).i64(key.number), in -> new Key(in.node(), in.i64()));
    }

    /** What the target has to know before the image comes. */
    record Offer(Key key, int pid, byte[] relations, byte[] needs) {
        static final Codec<Offer> CODEC = Codec.of(
                (offer, out) -> out.value(offer.key, Key.CODEC)
                        .i32(offer.pid)
                        .bytes(offer.relations)
                        .bytes(offer.needs),
                in -> new Offer(
                        in.value(Key.CODEC),
                        in.i32(),
                        in.bytes(Places.RELATIONS_LIMIT),
                        in.bytes(Imaging.NEEDS_LIMIT)));
    }

    /** The relations of a process that an offer named. */
    record Relations(Key key, byte[] relations) {
        static final Codec<Relations> CODEC = Codec.of(
                (message, out) -> out.value(message.key, Key.CODEC).bytes(message.relations),
                in -> new Relations(in.value(Key.CODEC), in.bytes(Places.RELATIONS_LIMIT)));
    }

    /** What a user wants: the process, the node, who asks, and from how many bytes on memory is copied live. */
    record Order(int pid, NodeId target, int uid, long liveFrom) {
        static final Codec<Order> CODEC = Codec.of(
                (order, out) ->
                        out.i32(order.pid).node(order.target).i32(order.uid).i64(order.liveFrom),
                in -> new Order(in.i32(), in.node(), in.i32(), in.i64()));
    }

    /** What became of an order. */
    sealed interface Result {
        Codec<Result> CODEC = Codec.of(
                (result, out) -> {
                    switch (result) {
                        case Done(MigrationReport report) -> out.bool(true).value(report, MigrationReport.CODEC);
                        case Refused(int errno, String text) ->
                            out.bool(false).i32(errno).text(shorten(text));
                    }
                },
                in -> in.bool()
                        ? new Done(in.value(MigrationReport.CODEC))
                        : new Refused(in.i32(), in.text(TEXT_LIMIT)));

        /** It moved. */
        record Done(MigrationReport report) implements Result {}

        /** It stayed. */
        record Refused(int errno, String text) implements Result {}
    }

    /** The source's word to let the process run, with its past. */
    record Commit(History history) {
        static final Codec<Commit> CODEC = Codec.of(
                (commit, out) -> out.value(commit.history, History.CODEC), in -> new Commit(in.value(History.CODEC)));
    }

    /** One step's end on the stream, told by the target: go on, or why not. */
    record Verdict(int errno, String text) {
        static final Codec<Verdict> CODEC = Codec.of(
                (verdict, out) -> out.i32(verdict.errno).text(shorten(verdict.text)),
                in -> new Verdict(in.i32(), in.text(TEXT_LIMIT)));

        static final Verdict OK = new Verdict(0, "");

        static Verdict no(Errno errno, String text) {
            return new Verdict(errno.number(), text);
        }

        void require() throws MigrationException {
            if (errno != 0) {
                throw new MigrationException(errno, text);
            }
        }
    }

    private static String shorten(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return bytes.length <= TEXT_LIMIT ? text : text.substring(0, TEXT_LIMIT / 4) + "…";
    }
}
