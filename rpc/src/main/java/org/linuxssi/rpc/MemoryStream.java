package org.linuxssi.rpc;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.linuxssi.tools.TimeSource;

/** One end of a stream inside a {@link MemoryNetwork}. */
final class MemoryStream implements ByteStream {

    private final Pipe in;
    private final Pipe out;

    MemoryStream(Pipe in, Pipe out) {
        this.in = in;
        this.out = out;
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        return in.read(target);
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        return out.write(source);
    }

    @Override
    public void finish() throws IOException {
        out.finish();
    }

    @Override
    public boolean isOpen() {
        return !in.failed() && !out.failed();
    }

    boolean ended() {
        return in.failed() && out.failed();
    }

    void fail(String reason) {
        in.fail(reason);
        out.fail(reason);
    }

    @Override
    public void close() {
        in.abandon();
        out.closeByWriter();
    }

    /** The bytes of one direction. */
    static final class Pipe {
        private static final int CAPACITY = 256 << 10;

        private final TimeSource time;
        private final MemoryLink link;
        private final byte[] ring = new byte[CAPACITY];
        private int start;
        private int size;
        private boolean finished;
        private @Nullable String failure;
        private CompletableFuture<Void> changed = new CompletableFuture<>();

        Pipe(TimeSource time, MemoryLink link) {
            this.time = time;
            this.link = link;
        }

        private void await(CompletableFuture<Void> future, String what) throws IOException {
            try {
                time.await(future);
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
                throw new IOException(what + " of a stream: interrupted");
            } catch (ExecutionException impossible) {
                throw new IOException(impossible);
            }
        }

        private void wake() {
            CompletableFuture<Void> waiters = changed;
            changed = new CompletableFuture<>();
            waiters.complete(null);
        }

        private void check(String what) throws IOException {
            if (failure != null) {
                throw new IOException(what + " of a stream: " + failure);
            }
        }

        int read(ByteBuffer target) throws IOException {
            while (true) {
                CompletableFuture<Void> next;
                synchronized (this) {
                    boolean cut = link.isCut();
                    if (failure != null && (size == 0 || cut)) {
                        check("read");
                    }
                    if (!target.hasRemaining()) {
                        return 0;
                    }
                    if (!cut && size > 0) {
                        return take(target);
                    }
                    if (!cut && finished) {
                        return -1;
                    }
                    next = cut ? anyOf(changed, link.whole()) : changed;
                }
                await(next, "read");
            }
        }

        private static CompletableFuture<Void> anyOf(CompletableFuture<Void> one, CompletableFuture<Void> other) {
            return CompletableFuture.anyOf(one, other).thenAccept(_ -> {});
        }

        private int take(ByteBuffer target) {
            int count = Math.min(Math.min(target.remaining(), size), CAPACITY - start);
            target.put(ring, start, count);
            start = (start + count) % CAPACITY;
            size -= count;
            wake();
            return count;
        }

        int write(ByteBuffer source) throws IOException {
            int total = source.remaining();
            while (true) {
                CompletableFuture<Void> next;
                synchronized (this) {
                    check("write");
                    if (finished) {
                        throw new IOException("write of a stream: it is finished");
                    }
                    give(source);
                    if (!source.hasRemaining()) {
                        return total;
                    }
                    next = changed;
                }
                await(next, "write");
            }
        }

        private void give(ByteBuffer source) {
            while (source.hasRemaining() && size < CAPACITY) {
                int end = (start + size) % CAPACITY;
                int room = Math.min(CAPACITY - size, CAPACITY - end);
                int count = Math.min(source.remaining(), room);
                source.get(ring, end, count);
                size += count;
            }
            wake();
        }

        synchronized void finish() throws IOException {
            check("finish");
            finished = true;
            wake();
        }

        /** The reader is gone: writers fail. */
        synchronized void abandon() {
            size = 0;
            fail("closed");
        }

        /** The writer is gone: after a finish the rest may be read, else the reader fails. */
        synchronized void closeByWriter() {
            if (!finished) {
                fail("closed by the peer");
            }
        }

        synchronized boolean failed() {
            return failure != null || (finished && size == 0);
        }

        synchronized void fail(String reason) {
            if (failure == null) {
                failure = reason;
            }
            wake();
        }
    }
}
