package org.linuxssi.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Serves one FUSE connection with several platform threads that read requests and call the file system.
 *
 * <p>The threads end when the file system is unmounted. A daemon that takes over after a crash of another begins with
 * {@link #takeOver} on a duplicate of the descriptor: the kernel then sends the unanswered requests again and clients go
 * on, if the file system can answer for the node ids and handles that the former one gave.
 */
public final class FuseSession {

    private static final System.Logger LOG = System.getLogger(FuseSession.class.getName());
    private static final int PAGE = 4096;

    private final FuseDevice device;
    private final FuseOptions options;
    private final FuseFileSystem fileSystem;
    private final FuseChannel channel;
    private final FuseNotifier notifier;
    private final ConcurrentMap<Long, FuseReply> pending = new ConcurrentHashMap<>();
    private final CompletableFuture<FuseNegotiated> negotiated = new CompletableFuture<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private final AtomicInteger running;

    private FuseSession(FuseDevice device, FuseOptions options, FuseFileSystem fileSystem) {
        this.device = device;
        this.options = options;
        this.fileSystem = fileSystem;
        this.channel = new FuseChannel(device);
        this.notifier = new FuseNotifier(channel);
        this.running = new AtomicInteger(options.threads());
    }

    /** Serves a connection that is mounted: mount(2) returns before anybody serves, what uses the mount waits. */
    public static FuseSession start(FuseDevice device, FuseOptions options, FuseFileSystem fileSystem) {
        FuseSession session = new FuseSession(device, options, fileSystem);
        session.startThreads();
        return session;
    }

    /**
     * Goes on with a connection that another daemon served before.
     *
     * @param agreed what {@link #negotiated()} was there
     */
    public static FuseSession takeOver(
            FuseDevice device, FuseOptions options, FuseFileSystem fileSystem, FuseNegotiated agreed) {
        FuseSession session = new FuseSession(device, options, fileSystem);
        fileSystem.ready(agreed, session.notifier);
        session.negotiated.complete(agreed);
        session.startThreads();
        if (agreed.has(FuseAbi.HAS_RESEND)) {
            session.notifier.resend();
        }
        return session;
    }

    private void startThreads() {
        for (int i = 0; i < options.threads(); i++) {
            Thread.ofPlatform()
                    .name("fuse-" + options.name() + "-" + i)
                    .daemon()
                    .start(this::serve);
        }
    }

    /** Completes when INIT is done. */
    public CompletableFuture<FuseNegotiated> negotiated() {
        return negotiated.copy();
    }

    /**
     * Waits for INIT.
     *
     * @throws IllegalStateException when the file system is not mounted in time
     */
    public FuseNegotiated awaitReady(Duration limit) {
        try {
            return negotiated
                    .copy()
                    .orTimeout(limit.toNanos(), TimeUnit.NANOSECONDS)
                    .join();
        } catch (CompletionException problem) {
            if (problem.getCause() instanceof TimeoutException) {
                throw new IllegalStateException("FUSE file system " + options.name() + " is not mounted", problem);
            }
            throw problem;
        }
    }

    /** Completes when the connection ended and all threads are gone. */
    public CompletableFuture<Void> ended() {
        return ended.copy();
    }

    /** Returns the notifications of this connection. */
    public FuseNotifier notifier() {
        return notifier;
    }

    FuseChannel channel() {
        return channel;
    }

    void forget(long unique) {
        pending.remove(unique);
    }

    void replyFailed(FuseHeader header, Errno errno) {
        LOG.log(Level.WARNING, "FUSE {0}: the kernel refused the answer to {1}: {2}", options.name(), header, errno);
    }

    private void serve() {
        try (Arena arena = Arena.ofConfined()) {
            // Data of a WRITE begins 80 bytes after the start: this way it is aligned to a page.
            MemorySegment room =
                    arena.allocate(PAGE + Math.max(options.maxWrite(), FuseAbi.MIN_READ_BUFFER) + PAGE, PAGE);
            MemorySegment buffer = room.asSlice(PAGE - FuseAbi.IN_HEADER - FuseAbi.WRITE_IN);
            boolean open = true;
            while (open) {
                long length = Syscalls.call(Nr.READ, device.fd(), buffer.address(), buffer.byteSize());
                open = Syscalls.failed(length) ? retry((int) -length) : received(buffer.asSlice(0, length));
            }
        } finally {
            threadEnded();
        }
    }

    /** ENOENT: the request was taken back while being read; ENODEV: unmounted; ECONNABORTED: aborted; EPERM: not mounted. */
    private boolean retry(int error) {
        Errno errno = Errno.of(error);
        return switch (errno) {
            case EINTR, EAGAIN, ENOENT -> true;
            case ENODEV, ECONNABORTED -> false;
            default -> {
                LOG.log(Level.ERROR, "FUSE {0}: cannot read requests: {1}", options.name(), errno);
                yield false;
            }
        };
    }

    private void threadEnded() {
        if (running.decrementAndGet() == 0) {
            fileSystem.ended();
            ended.complete(null);
        }
    }

    private boolean received(MemorySegment bytes) {
        FuseHeader header = null;
        try {
            header = FuseDecoder.header(bytes);
            FuseNegotiated agreed = negotiated.getNow(null);
            FuseRequest request = FuseDecoder.decode(header, bytes, agreed == null ? 0 : agreed.flags());
            dispatch(request);
        } catch (FuseFormatException problem) {
            LOG.log(Level.ERROR, "FUSE " + options.name(), problem);
            if (header != null) {
                new FuseReply(this, header).error(Errno.EIO);
            }
        }
        return true;
    }

    private void dispatch(FuseRequest request) {
        switch (request) {
            case FuseRequest.Init init -> initialize(init);
            case FuseRequest.Interrupt interrupt -> interrupt(interrupt);
            case FuseRequest.Forget _, FuseRequest.NotifyReply _ ->
                call(request, new FuseReply(this, request.header()), false);
            default -> {
                FuseReply reply = new FuseReply(this, request.header());
                pending.put(request.header().unique(), reply);
                call(request, reply, true);
            }
        }
    }

    private void call(FuseRequest request, FuseReply reply, boolean answer) {
        try {
            fileSystem.handle(request, reply);
        } catch (ErrnoException problem) {
            fail(reply, answer, problem.errno());
        } catch (RuntimeException problem) {
            LOG.log(Level.ERROR, "FUSE " + options.name() + ": " + request.header(), problem);
            fail(reply, answer, Errno.EIO);
        }
    }

    private static void fail(FuseReply reply, boolean answer, Errno errno) {
        if (answer && !reply.isAnswered()) {
            reply.error(errno);
        }
    }

    /** A request that another thread has read but not yet registered is not known: EAGAIN makes the kernel ask again. */
    private void interrupt(FuseRequest.Interrupt interrupt) {
        FuseReply reply = pending.get(interrupt.target());
        if (reply == null) {
            long unique = interrupt.header().unique();
            channel.send(unique, -Errno.EAGAIN.number(), new FuseOut());
        } else {
            reply.interrupted();
        }
    }

    private void initialize(FuseRequest.Init init) {
        FuseReply reply = new FuseReply(this, init.header());
        if (init.major() != FuseAbi.MAJOR || init.minor() < FuseAbi.OLDEST_MINOR) {
            LOG.log(
                    Level.ERROR,
                    "FUSE {0}: the kernel speaks {1}.{2}, needed is {3}.{4} or later",
                    options.name(),
                    init.major(),
                    init.minor(),
                    FuseAbi.MAJOR,
                    FuseAbi.OLDEST_MINOR);
            reply.error(Errno.EPROTO);
            return;
        }
        long flags = init.flags() & options.flags();
        int minor = Math.min(init.minor(), FuseAbi.MINOR);
        int readahead = Math.min(init.maxReadahead(), options.maxWrite());
        FuseNegotiated agreed = new FuseNegotiated(minor, flags, options.maxWrite(), readahead);
        fileSystem.ready(agreed, notifier);
        negotiated.complete(agreed);
        long result = channel.send(init.header().unique(), 0, answer(agreed));
        if (Syscalls.failed(result)) {
            replyFailed(init.header(), Errno.of((int) -result));
        }
    }

    /** {@code struct fuse_init_out}, 64 bytes. */
    private FuseOut answer(FuseNegotiated agreed) {
        FuseOut out = new FuseOut().i32(FuseAbi.MAJOR).i32(agreed.minor()).i32(agreed.maxReadahead());
        out.i32((int) agreed.flags()).i16(options.maxBackground()).i16(options.maxBackground() * 3 / 4);
        out.i32(agreed.maxWrite())
                .i32(options.timeGranularity())
                .i16(agreed.maxWrite() / PAGE)
                .i16(0);
        out.i32((int) (agreed.flags() >>> Integer.SIZE)).i32(options.stackDepth());
        return out.zero(6 * JAVA_INT.byteSize());
    }
}
