package org.linuxssi.linux;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/**
 * Tells the kernel that what it caches is old ({@code enum fuse_notify_code}).
 *
 * <p>Dropping pages waits for requests on the same range, dropping a name waits for requests in its directory: call from
 * threads that hold no lock which READ, WRITE or LOOKUP need, never from their handlers. Each method returns false when
 * the kernel does not know the node or name.
 */
public final class FuseNotifier {

    private final FuseChannel channel;

    FuseNotifier(FuseChannel channel) {
        this.channel = channel;
    }

    /** Drops the attributes of a node; does not block. */
    public boolean invalidateAttributes(long nodeId) {
        return invalidate(nodeId, -1, 0);
    }

    /** Drops the attributes and the cached pages of a range; length 0 means up to the end. */
    public boolean invalidate(long nodeId, long offset, long length) {
        return send(
                "INVAL_INODE",
                FuseAbi.NOTIFY_INVAL_INODE,
                new FuseOut().i64(nodeId).i64(offset).i64(length));
    }

    /** Drops a name; blocks while a request in the directory is under way. */
    public boolean invalidateEntry(long parent, String name) {
        return entry(parent, name, 0);
    }

    /** Makes the kernel look a name up again before its next use, without dropping what it leads to. */
    public boolean expireEntry(long parent, String name) {
        return entry(parent, name, 1);
    }

    private boolean entry(long parent, String name, int flags) {
        FuseOut out = new FuseOut().i64(parent).i32(name.length()).i32(flags);
        return send("INVAL_ENTRY", FuseAbi.NOTIFY_INVAL_ENTRY, name(out, name));
    }

    /** Says that a name was deleted elsewhere, so that watchers of it are told. */
    public boolean deleted(long parent, long child, String name) {
        FuseOut out = new FuseOut().i64(parent).i64(child).i32(name.length()).i32(0);
        return send("DELETE", FuseAbi.NOTIFY_DELETE, name(out, name));
    }

    private static FuseOut name(FuseOut out, String name) {
        return out.bytes(MemorySegment.ofArray(name.getBytes(StandardCharsets.ISO_8859_1)))
                .zero(1);
    }

    /** Puts data into the page cache. */
    public boolean store(long nodeId, long offset, byte[] data) {
        FuseOut out = new FuseOut(40L + data.length).i64(nodeId).i64(offset);
        out.i32(data.length).i32(0).bytes(MemorySegment.ofArray(data));
        return send("STORE", FuseAbi.NOTIFY_STORE, out);
    }

    /** Wakes those who wait in poll(2) for the kernel handle that POLL gave. */
    public boolean pollWakeUp(long kernelHandle) {
        return send("POLL", FuseAbi.NOTIFY_POLL, new FuseOut().i64(kernelHandle));
    }

    /** Makes all cached names be looked up again; does not block. Linux 6.17 and later. */
    public boolean expireAllEntries() {
        return send("INC_EPOCH", FuseAbi.NOTIFY_INC_EPOCH, new FuseOut());
    }

    /** Asks for all requests that an earlier daemon left unanswered. Linux 6.9 and later. */
    public boolean resend() {
        return send("RESEND", FuseAbi.NOTIFY_RESEND, new FuseOut());
    }

    private boolean send(String what, int code, FuseOut out) {
        long result = channel.send(0, code, out);
        if (result == -Errno.ENOENT.number() || result == -Errno.ENOTDIR.number()) {
            return false;
        }
        Syscalls.check("FUSE notification " + what, result);
        return true;
    }
}
