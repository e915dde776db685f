package org.linuxssi.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;
import org.jspecify.annotations.Nullable;
import org.linuxssi.kddm.spi.ObjectStore;
import org.linuxssi.kddm.spi.SetId;

/**
 * One file with the objects of all durable sets of a node, written by MVStore: a log-structured store with checksums, whose newest whole
 * chunk counts after a loss of power.
 *
 * <pre>{@code
 * try (FileStore file = FileStore.open(Path.of("/var/lib/node0.objects"))) {
 *     linker = new CodecLinker<>(codec, firstTouch) {
 *         public Optional<ObjectStore> store() {
 *             return Optional.of(file.set(SetId.of(7, 1)));
 *         }
 *     };
 * }
 * }</pre>
 *
 * <p>One thread commits: all that came while the last commit ran is written and forced to the disk together, then confirmed.
 */
public final class FileStore implements AutoCloseable {

    /** A change to write; after the last one the file is closed. */
    private record Pending(Runnable change, CompletableFuture<Void> done, boolean last) {}

    private final Path path;
    private final MVStore store;
    private final LinkedBlockingQueue<Pending> queue = new LinkedBlockingQueue<>();
    private volatile boolean closed;

    private FileStore(Path path, MVStore store) {
        this.path = path;
        this.store = store;
        Thread.ofPlatform().name("store").daemon().start(this::commitAll);
    }

    /**
     * Opens the file, or makes it.
     *
     * @throws UncheckedIOException when it cannot be opened, is damaged, or another process has it open
     */
    public static FileStore open(Path path) {
        try {
            Path directory = path.toAbsolutePath().getParent();
            if (directory != null) {
                Files.createDirectories(directory);
            }
            MVStore store = new MVStore.Builder()
                    .fileName(path.toString())
                    .autoCommitDisabled()
                    .open();
            return new FileStore(path, store);
        } catch (MVStoreException problem) {
            throw new UncheckedIOException(
                    "open of the object store " + path + ": " + problem.getMessage()
                            + "; end the process that uses it, or move a damaged file away",
                    new IOException(problem));
        } catch (IOException problem) {
            throw new UncheckedIOException("open of the object store " + path, problem);
        }
    }

    /** Returns the store of one set. Closing it leaves the file open. */
    public ObjectStore set(SetId id) {
        return new Objects(store.openMap(id.toString()));
    }

    private CompletionStage<Void> change(Runnable change) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        if (closed) {
            done.completeExceptionally(new IOException("the object store " + path + " is closed"));
        } else {
            queue.add(new Pending(change, done, false));
        }
        return done;
    }

    private void commitAll() {
        List<Pending> batch = new ArrayList<>();
        boolean end = false;
        while (!end) {
            try {
                batch.add(queue.take());
            } catch (InterruptedException ignored) {
                continue;
            }
            queue.drainTo(batch);
            end = batch.stream().anyMatch(Pending::last);
            commit(batch);
            batch.clear();
        }
    }

    private void commit(List<Pending> batch) {
        Exception problem = null;
        try {
            batch.forEach(it -> it.change().run());
            store.commit();
            store.sync();
        } catch (RuntimeException failed) {
            problem = new IOException("write to the object store " + path + ": " + failed.getMessage(), failed);
        }
        for (Pending it : batch) {
            if (problem == null) {
                it.done().complete(null);
            } else {
                it.done().completeExceptionally(problem);
            }
        }
    }

    /** Writes what was begun and closes the file. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        CompletableFuture<Void> last = new CompletableFuture<>();
        queue.add(new Pending(() -> {}, last, true));
        var _ = last.handle((_, _) -> {
                    store.close();
                    return null;
                })
                .join();
    }

    /** The objects of one set: eight bytes of version, then the data. */
    private final class Objects implements ObjectStore {

        private final MVMap<Long, byte[]> map;

        Objects(MVMap<Long, byte[]> map) {
            this.map = map;
        }

        @Override
        public CompletionStage<Void> write(long object, Stored version) {
            return change(() -> {
                byte[] old = map.get(object);
                if (old == null || ByteBuffer.wrap(old).getLong() <= version.version()) {
                    map.put(
                            object,
                            ByteBuffer.allocate(Long.BYTES + version.data().length)
                                    .putLong(version.version())
                                    .put(version.data())
                                    .array());
                }
            });
        }

        @Override
        public CompletionStage<Optional<Stored>> read(long object) {
            CompletableFuture<Optional<Stored>> found = new CompletableFuture<>();
            var _ = change(() ->
                            found.complete(Optional.ofNullable(map.get(object)).map(this::stored)))
                    .whenComplete((_, error) -> fail(found, error));
            return found;
        }

        private void fail(CompletableFuture<?> future, @Nullable Throwable error) {
            if (error != null) {
                future.completeExceptionally(error);
            }
        }

        private Stored stored(byte[] bytes) {
            byte[] data = new byte[bytes.length - Long.BYTES];
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            long version = buffer.getLong();
            buffer.get(data);
            return new Stored(version, data);
        }

        @Override
        public CompletionStage<Void> remove(long object) {
            return change(() -> map.remove(object));
        }
    }
}
