package org.linuxssi.ghost;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.PageMap;
import org.linuxssi.linux.ProcessMemory;
import org.linuxssi.linux.ProcessMemory.Run;

/**
 * Sends the private pages of a process, again and again while it runs, and knows which pages the target has.
 *
 * <p>The last look is exact: a page goes if it was written since it was protected, or if the target does not have it; a
 * page that the target has and that is gone here is dropped there.
 */
final class PageSender {

    private static final int PAGE = PageMap.PAGE;

    private final ImageWriter writer;
    private final ProcessMemory memory;
    private final PageMap pages;
    private final MemorySegment buffer = Arena.ofAuto().allocate(ImageWriter.PAGES_LIMIT, PAGE);
    private final List<Run> runs = new ArrayList<>();
    private Map<Long, BitSet> sent = new HashMap<>();
    private List<MappingImage> layout = List.of();
    private long filled;
    private long bytes;
    private boolean lenient;

    PageSender(ImageWriter writer, ProcessMemory memory, PageMap pages) {
        this.writer = writer;
        this.memory = memory;
        this.pages = pages;
    }

    /** Sends the mappings when they are not what the target has; what it has of others is forgotten. */
    boolean layout(List<MappingImage> now) throws IOException {
        if (now.equals(layout)) {
            return false;
        }
        AddressSpace.Plan plan = AddressSpace.plan(layout, now);
        Map<Long, BitSet> kept = new HashMap<>();
        plan.kept().forEach((before, after) -> {
            BitSet pagesSent = sent.getOrDefault(before.start(), new BitSet());
            int limit = page(after, after.end());
            pagesSent.clear(Math.min(limit, pagesSent.length()), pagesSent.length());
            kept.put(after.start(), pagesSent);
        });
        sent = kept;
        layout = List.copyOf(now);
        writer.section(SectionType.LAYOUT, MappingImage.LIST, layout);
        return true;
    }

    private static int page(MappingImage mapping, long address) {
        return (int) ((address - mapping.start()) / PAGE);
    }

    private BitSet sent(MappingImage mapping) {
        return sent.computeIfAbsent(mapping.start(), _ -> new BitSet());
    }

    /** Sends what was written since the last round, while the process runs; returns the bytes. */
    long round() throws IOException {
        lenient = true;
        long before = bytes;
        for (MappingImage mapping : layout) {
            if (mapping.hasPages()) {
                List<Run> found = new ArrayList<>();
                pages.protect(
                        mapping.start(),
                        mapping.end(),
                        mapping.kind() == MappingImage.Kind.ANONYMOUS,
                        (start, end, _) -> found.add(new Run(start, end - start)));
                for (Run run : found) {
                    add(mapping, run.address(), run.address() + run.length());
                }
            }
        }
        flush();
        return bytes - before;
    }

    /** Sends all that the target lacks, while the process is frozen; returns the bytes. */
    long rest() throws IOException {
        lenient = false;
        long before = bytes;
        List<Run> gone = new ArrayList<>();
        List<Run> guards = new ArrayList<>();
        for (MappingImage mapping : layout) {
            if (mapping.hasPages()) {
                rest(mapping, gone, guards);
            } else if (mapping.kind() != MappingImage.Kind.KERNEL) {
                pages.guards(
                        mapping.start(), mapping.end(), (start, end, _) -> guards.add(new Run(start, end - start)));
            }
        }
        flush();
        send(SectionType.DROPPED, gone);
        send(SectionType.GUARDS, guards);
        return bytes - before;
    }

    private void send(SectionType type, List<Run> all) throws IOException {
        for (int at = 0; at < all.size(); at += DroppedPages.LIMIT) {
            writer.section(type, DroppedPages.CODEC, all.subList(at, Math.min(all.size(), at + DroppedPages.LIMIT)));
        }
    }

    private void rest(MappingImage mapping, List<Run> gone, List<Run> guards) throws IOException {
        BitSet there = sent(mapping);
        BitSet present = new BitSet();
        BitSet missing = new BitSet();
        pages.content(
                mapping.start(), mapping.end(), mapping.kind() == MappingImage.Kind.ANONYMOUS, (start, end, kind) -> {
                    if ((kind & PageMap.GUARD) != 0) {
                        guards.add(new Run(start, end - start));
                        return;
                    }
                    int from = page(mapping, start);
                    int to = page(mapping, end);
                    present.set(from, to);
                    if ((kind & PageMap.WRITTEN) != 0) {
                        missing.set(from, to);
                    } else {
                        for (int i = there.nextClearBit(from); i < to; i = there.nextClearBit(i + 1)) {
                            missing.set(i);
                        }
                    }
                });
        for (int from = missing.nextSetBit(0); from >= 0; ) {
            int to = missing.nextClearBit(from);
            add(mapping, mapping.start() + (long) from * PAGE, mapping.start() + (long) to * PAGE);
            from = missing.nextSetBit(to);
        }
        BitSet dropped = (BitSet) there.clone();
        dropped.andNot(present);
        for (int from = dropped.nextSetBit(0); from >= 0; ) {
            int to = dropped.nextClearBit(from);
            gone.add(new Run(mapping.start() + (long) from * PAGE, (long) (to - from) * PAGE));
            from = dropped.nextSetBit(to);
        }
    }

    private void add(MappingImage mapping, long start, long end) throws IOException {
        long at = start;
        while (at < end) {
            if (filled == ImageWriter.PAGES_LIMIT || runs.size() == ImageWriter.RUNS_LIMIT) {
                flush();
            }
            long part = Math.min(end - at, ImageWriter.PAGES_LIMIT - filled);
            runs.add(new Run(at, part));
            filled += part;
            sent(mapping).set(page(mapping, at), page(mapping, at + part));
            at += part;
        }
    }

    private void flush() throws IOException {
        if (!runs.isEmpty()) {
            send();
            runs.clear();
            filled = 0;
        }
    }

    private void send() throws IOException {
        MemorySegment part = buffer.asSlice(0, filled);
        try {
            memory.read(runs, part);
        } catch (ErrnoException failure) {
            if (!lenient) {
                throw failure;
            }
            forget();
            return;
        }
        writer.pages(runs, part);
        bytes += filled;
    }

    /** Some of the mappings are gone already: none of these pages counts as sent. */
    private void forget() {
        for (Run run : runs) {
            for (MappingImage mapping : layout) {
                if (mapping.start() <= run.address() && run.address() < mapping.end()) {
                    sent(mapping).clear(page(mapping, run.address()), page(mapping, run.address() + run.length()));
                }
            }
        }
    }
}
