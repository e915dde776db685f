package org.linuxssi.kddm;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.linuxssi.kddm.spi.CodecLinker;
import org.linuxssi.kddm.spi.SetId;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.Decoder;
import org.linuxssi.tools.NodeSet;

/** Numbers that are handed out once in the cluster, in blocks so that most take no message. */
public final class UniqueIds {

    private static final int BLOCK = 64;
    private static final int EPOCH_SHIFT = 40;

    private record Block(long next, long end) {}

    private final KddmSet<Long> counters;
    private final Map<Long, Block> blocks = new ConcurrentHashMap<>();

    UniqueIds(KddmSet<Long> counters) {
        this.counters = counters;
    }

    /** Counters that died go on far above everything that was handed out. */
    static SetSpec<Long> spec(LongSupplier epoch) {
        Codec<Long> codec = Codec.of((n, out) -> out.i64(n), Decoder::i64);
        return SetSpec.of(SetId.of(SetId.KDDM, 4), "kddm-unique", new CodecLinker<>(codec, _ -> 1L) {
            @Override
            public Optional<Long> recover(long object, NodeSet failed) {
                return Optional.of(epoch.getAsLong() << EPOCH_SHIFT);
            }
        });
    }

    /** Returns a positive number that nobody else gets for this purpose. */
    public long next(int purpose) {
        return blocks.compute((long) purpose, (key, block) -> {
                    if (block != null && block.next() + 1 < block.end()) {
                        return new Block(block.next() + 1, block.end());
                    }
                    long end = counters.update(key, n -> n + BLOCK);
                    return new Block(end - BLOCK, end);
                })
                .next();
    }
}
