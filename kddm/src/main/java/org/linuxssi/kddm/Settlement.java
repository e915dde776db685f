package org.linuxssi.kddm;

import java.util.List;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.DecodeException;

/**
 * What a home decided about what one node announced; the home serves nobody before all have confirmed it.
 *
 * @param epoch of the view
 * @param list at most {@link Announce#LIMIT} decisions
 */
record Settlement(long epoch, List<Message.Settle> list) {

    private static final Codec<Message.Settle> SETTLE = Codec.of(MessageCodec.CODEC::encode, in -> {
        if (MessageCodec.CODEC.decode(in) instanceof Message.Settle settle) {
            return settle;
        }
        throw new DecodeException(in.position(), "not a decision");
    });

    static final Codec<Settlement> CODEC = Codec.of(
            (it, out) -> out.i64(it.epoch).list(it.list, SETTLE),
            in -> new Settlement(in.i64(), in.list(Announce.LIMIT, SETTLE)));
}
