package org.linuxssi.kddm;

import org.linuxssi.tools.Codec;

/**
 * A message with the epoch of the view it was sent in: older ones are dropped, newer ones wait for the view.
 *
 * @param epoch of the sender's view
 * @param message what it says
 */
record Envelope(long epoch, Message message) {

    static final Codec<Envelope> CODEC = Codec.of(
            (it, out) -> out.i64(it.epoch).value(it.message, MessageCodec.CODEC),
            in -> new Envelope(in.i64(), in.value(MessageCodec.CODEC)));
}
