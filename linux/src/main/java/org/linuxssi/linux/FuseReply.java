package org.linuxssi.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** Answers one request, exactly once, from any thread; a second answer is an error of the program. */
public final class FuseReply {

    private static final int SMALL = 4096;

    private final FuseSession session;
    private final FuseHeader header;
    private final AtomicBoolean answered = new AtomicBoolean();
    private boolean interrupted;
    private @Nullable Runnable onInterrupt;

    FuseReply(FuseSession session, FuseHeader header) {
        this.session = session;
        this.header = header;
    }

    /** Answers that the request failed. */
    public void error(Errno errno) {
        send(-errno.number(), new FuseOut());
    }

    /** Answers that the request is done, for those that return nothing. */
    public void ok() {
        send(0, new FuseOut());
    }

    /** Answers LOOKUP, SYMLINK, MKNOD, MKDIR and LINK. */
    public void entry(FuseEntry entry) {
        send(0, new FuseOut().entry(entry));
    }

    /** Answers GETATTR and SETATTR; the kernel keeps the attributes for that many nanoseconds. */
    public void attr(FuseAttr attr, long validNanos) {
        FuseOut out = new FuseOut().i64(validNanos / 1_000_000_000).i32((int) (validNanos % 1_000_000_000));
        send(0, out.i32(0).attr(attr));
    }

    /** Answers OPEN and OPENDIR; flags are {@link FuseAbi#FOPEN_DIRECT_IO} and so on. */
    public void opened(long handle, int flags) {
        opened(handle, flags, 0);
    }

    /** Answers OPEN with {@link FuseAbi#FOPEN_PASSTHROUGH} and the id of a backing file. */
    public void opened(long handle, int flags, int backing) {
        send(0, new FuseOut().open(handle, flags, backing));
    }

    /** Answers CREATE and TMPFILE. */
    public void created(FuseEntry entry, long handle, int flags, int backing) {
        send(0, new FuseOut().entry(entry).open(handle, flags, backing));
    }

    /** Answers READ, GETXATTR and LISTXATTR with these bytes. */
    public void data(byte[] bytes) {
        data(bytes, 0, bytes.length);
    }

    /** Answers with part of these bytes. */
    public void data(byte[] bytes, int offset, int length) {
        MemorySegment part = MemorySegment.ofArray(bytes).asSlice(offset, length);
        if (length <= SMALL) {
            send(0, new FuseOut().bytes(part));
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            data(arena.allocate(length, 8).copyFrom(part));
        }
    }

    /** Answers with a segment; a native one goes to the kernel without being copied. */
    public void data(MemorySegment bytes) {
        if (bytes.isNative() && bytes.byteSize() > 0) {
            finish(session.channel().send(begin(), 0, new FuseOut(), bytes));
        } else {
            send(0, new FuseOut().bytes(bytes));
        }
    }

    /** Answers READ for a file whose whole contents these are. */
    public void slice(byte[] contents, long offset, int size) {
        int from = Math.clamp(offset, 0, contents.length);
        data(contents, from, Math.min(size, contents.length - from));
    }

    /** Answers READLINK; one char a byte. */
    public void link(String text) {
        data(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Answers READDIR and READDIRPLUS. */
    public void directory(FuseDirectory listing) {
        send(0, listing.out());
    }

    /** Answers WRITE and COPY_FILE_RANGE with the number of bytes written. */
    public void written(long size) {
        send(
                0,
                header.opcode() == 53
                        ? new FuseOut().i64(size)
                        : new FuseOut().i32((int) size).i32(0));
    }

    /** Answers STATFS. */
    public void statFs(FuseStatFs numbers) {
        FuseOut out = new FuseOut().i64(numbers.blocks()).i64(numbers.free()).i64(numbers.available());
        out.i64(numbers.files()).i64(numbers.filesFree());
        send(
                0,
                out.i32(numbers.blockSize())
                        .i32(numbers.nameLength())
                        .i32(numbers.blockSize())
                        .zero(28));
    }

    /** Answers GETXATTR and LISTXATTR whose size is 0. */
    public void xattrSize(int size) {
        send(0, new FuseOut().i32(size).i32(0));
    }

    /** Answers GETLK. */
    public void lock(FuseLock lock) {
        send(0, new FuseOut().i64(lock.start()).i64(lock.end()).i32(lock.type()).i32(lock.pid()));
    }

    /** Answers BMAP with a block, LSEEK with an offset. */
    public void position(long position) {
        send(0, new FuseOut().i64(position));
    }

    /** Answers IOCTL with its result and the bytes that go to the caller. */
    public void ioctl(int result, byte[] bytes) {
        FuseOut out = new FuseOut().i32(result).zero(12);
        send(0, out.bytes(MemorySegment.ofArray(bytes)));
    }

    /** Answers POLL with the events that are true now. */
    public void poll(int events) {
        send(0, new FuseOut().i32(events).i32(0));
    }

    /**
     * Runs the action once when the caller gets a signal before the answer; usual is to answer EINTR then. It runs at
     * once when that happened before.
     */
    public void onInterrupt(Runnable action) {
        synchronized (this) {
            if (!interrupted) {
                onInterrupt = action;
                return;
            }
        }
        action.run();
    }

    void interrupted() {
        Runnable action;
        synchronized (this) {
            action = interrupted ? null : onInterrupt;
            interrupted = true;
        }
        if (action != null) {
            action.run();
        }
    }

    /** Tells whether the answer was given. */
    public boolean isAnswered() {
        return answered.get();
    }

    private void send(int error, FuseOut out) {
        finish(session.channel().send(begin(), error, out));
    }

    private long begin() {
        if (!answered.compareAndSet(false, true)) {
            throw new IllegalStateException("second answer to FUSE request " + header);
        }
        session.forget(header.unique());
        return header.unique();
    }

    /** ENOENT: the request was interrupted or aborted meanwhile, nobody waits for it. */
    private void finish(long result) {
        if (Syscalls.failed(result) && result != -Errno.ENOENT.number() && result != -Errno.ENODEV.number()) {
            session.replyFailed(header, Errno.of((int) -result));
        }
    }
}
