package org.linuxssi.ghost;

import java.util.List;
import org.linuxssi.tools.Codec;

/** The content of {@link SectionType#THREADS}, the first thread first. */
final class Threads {

    private static final int LIMIT = 100_000;

    static final Codec<List<ThreadImage>> CODEC =
            Codec.of((threads, out) -> out.list(threads, ThreadImage.CODEC), in -> in.list(LIMIT, ThreadImage.CODEC));

    private Threads() {}
}
