package org.linuxssi.ghost;

import java.util.List;
import org.linuxssi.linux.ProcessMemory.Run;
import org.linuxssi.tools.Codec;

/** The content of {@link SectionType#DROPPED}: runs of pages. */
final class DroppedPages {

    static final int LIMIT = 100_000;

    private static final Codec<Run> RUN =
            Codec.of((run, out) -> out.i64(run.address()).i64(run.length()), in -> new Run(in.i64(), in.i64()));

    static final Codec<List<Run>> CODEC = Codec.of((runs, out) -> out.list(runs, RUN), in -> in.list(LIMIT, RUN));

    private DroppedPages() {}
}
