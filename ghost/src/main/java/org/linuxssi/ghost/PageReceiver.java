package org.linuxssi.ghost;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.linuxssi.ghost.ImageReader.Pages;
import org.linuxssi.ghost.ImageReader.Section;
import org.linuxssi.linux.ProcessMemory;

/** Reads an image and hands its sections on; pages are written by a second thread while the next ones are read. */
final class PageReceiver implements AutoCloseable {

    private static final int BUFFERS = 4;

    /** From so many bytes on the process takes the memory for them itself first. */
    private static final int MUCH = 1 << 18;

    /** Sections that do not depend on the pages before them. */
    private static final Set<SectionType> BESIDE_PAGES = EnumSet.of(
            SectionType.STATE,
            SectionType.THREADS,
            SectionType.FILES,
            SectionType.OBJECT,
            SectionType.CONTENT,
            SectionType.INNER);

    private final ProcessArrival arrival;
    private final Arena arena = Arena.ofShared();
    private final BlockingQueue<MemorySegment> free = new ArrayBlockingQueue<>(BUFFERS);
    private final ExecutorService writer = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("pages").daemon(true).factory());
    private CompletableFuture<Void> written = CompletableFuture.completedFuture(null);

    PageReceiver(ProcessArrival arrival) {
        this.arrival = arrival;
        for (int i = 0; i < BUFFERS; i++) {
            free.add(arena.allocate(ImageReader.BUFFER, 4096));
        }
    }

    /**
     * Reads sections to the end.
     *
     * @param last whether nothing of the process comes after it
     */
    void receive(ImageReader reader, boolean last) throws IOException {
        while (true) {
            MemorySegment buffer = take();
            Section section = reader.next(buffer);
            if (section.type() == SectionType.PAGES) {
                Pages pages = section.pages();
                arrival.check(pages.runs());
                write(pages, buffer, arrival.process().memory());
            } else {
                if (!BESIDE_PAGES.contains(section.type())) {
                    drain();
                }
                boolean ended = section.type() == SectionType.END;
                if (!ended || last) {
                    handle(section);
                }
                free.add(buffer);
                if (ended) {
                    return;
                }
            }
        }
    }

    private void handle(Section section) throws IOException {
        switch (section.type()) {
            case HEADER -> arrival.header(section.decode(ImageHeader.CODEC));
            case LAYOUT -> arrival.layout(section.decode(MappingImage.LIST));
            case DROPPED -> arrival.drop(section.decode(DroppedPages.CODEC));
            case STATE -> arrival.state(section.decode(ProcessState.CODEC));
            case THREADS -> arrival.threads(section.decode(Threads.CODEC));
            case INNER -> arrival.inner(section.decode(SharedFiles.CODEC));
            case OBJECT -> arrival.object(section.decode(SharedObject.CODEC));
            case CONTENT -> arrival.content(section.decode(ObjectPart.CODEC));
            case GUARDS -> arrival.guards(section.decode(DroppedPages.CODEC));
            case FILES -> arrival.files(section.decode(FileImage.CODEC));
            case END -> arrival.complete();
            case PAGES -> throw new IllegalStateException("pages are handled apart");
        }
    }

    private MemorySegment take() throws IOException {
        try {
            return free.take();
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while receiving an image", interrupt);
        }
    }

    private void write(Pages pages, MemorySegment buffer, ProcessMemory memory) {
        CompletableFuture<Void> before = written;
        written = CompletableFuture.runAsync(
                () -> {
                    try {
                        if (!before.isCompletedExceptionally()) {
                            if (pages.bytes().byteSize() >= MUCH) {
                                arrival.populate(pages.runs());
                            }
                            memory.write(pages.runs(), pages.bytes());
                        }
                    } catch (IOException failure) {
                        throw new UncheckedIOException(failure);
                    } finally {
                        free.add(buffer);
                    }
                    before.join();
                },
                writer);
    }

    private void drain() throws IOException {
        try {
            written.join();
            written = CompletableFuture.completedFuture(null);
        } catch (CompletionException failure) {
            throw new IOException("write the memory of the process: " + failure.getCause(), failure);
        } catch (UncheckedIOException failure) {
            throw failure.getCause();
        }
    }

    /** The memory is given back by the writer, since that takes its time and a process may be waiting frozen. */
    @Override
    public void close() {
        written.exceptionally(_ -> null).join();
        writer.execute(arena::close);
        writer.shutdown();
    }
}
