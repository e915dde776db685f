package org.linuxssi.linux;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Turns the bytes of one read of {@code /dev/fuse} into a request, trusting none of them. */
public final class FuseDecoder {

    private static final int SIZE_LIMIT = 1 << 28;
    private static final int LINK_MAX = 4096;

    private FuseDecoder() {}

    /**
     * Reads the header.
     *
     * @throws FuseFormatException when it is not whole or its length is not that of the bytes
     */
    public static FuseHeader header(MemorySegment bytes) {
        FuseIn in = new FuseIn(bytes, 0, 0);
        int length = in.i32();
        int opcode = in.i32();
        if (length != bytes.byteSize()) {
            throw new FuseFormatException(opcode, "length " + length + " in " + bytes.byteSize() + " bytes");
        }
        long unique = in.i64();
        long nodeId = in.i64();
        int uid = in.i32();
        int gid = in.i32();
        int pid = in.i32();
        in.u16();
        in.u16();
        boolean resent = (unique & FuseAbi.UNIQUE_RESEND) != 0;
        return new FuseHeader(opcode, unique, nodeId, uid, gid, pid, resent);
    }

    /**
     * Reads the whole request.
     *
     * @param header of the same bytes
     * @param bytes exactly one request
     * @param flags INIT flags agreed on; they decide the form of some requests
     * @throws FuseFormatException when the bytes are too short or a text has no end
     */
    public static FuseRequest decode(FuseHeader header, MemorySegment bytes, long flags) {
        FuseIn in = new FuseIn(bytes, header.opcode(), FuseAbi.IN_HEADER);
        return switch (header.opcode()) {
            case 1 -> new FuseRequest.Lookup(header, in.name());
            case 2 -> new FuseRequest.Forget(header, List.of(new FuseRequest.Forgotten(header.nodeId(), in.i64())));
            case 3 -> getAttr(header, in);
            case 4 -> setAttr(header, in);
            case 5 -> new FuseRequest.ReadLink(header);
            case 6 -> new FuseRequest.Symlink(header, in.name(), in.string(LINK_MAX));
            case 8 -> mkNod(header, in);
            case 9 -> mkDir(header, in);
            case 10 -> new FuseRequest.Unlink(header, in.name());
            case 11 -> new FuseRequest.RmDir(header, in.name());
            case 12 -> rename(header, in.i64(), 0, in);
            case 13 -> new FuseRequest.Link(header, in.i64(), in.name());
            case 14 -> new FuseRequest.Open(header, in.i32(), in.i32());
            case 15 -> read(header, in);
            case 16 -> write(header, in);
            case 17 -> new FuseRequest.StatFs(header);
            case 18 -> new FuseRequest.Release(header, in.i64(), in.i32(), in.i32(), in.i64());
            case 20 -> new FuseRequest.Fsync(header, in.i64(), (in.i32() & 1) != 0, false);
            case 21 -> setXattr(header, in, (flags & FuseAbi.SETXATTR_EXT) != 0);
            case 22 -> getXattr(header, in);
            case 23 -> new FuseRequest.ListXattr(header, in.size(SIZE_LIMIT));
            case 24 -> new FuseRequest.RemoveXattr(header, in.name());
            case 25 -> new FuseRequest.Flush(header, in.i64(), in.skip(8).i64());
            case 26 -> init(header, in);
            case 27 -> new FuseRequest.OpenDir(header, in.i32());
            case 28 -> readDir(header, in, false);
            case 29 -> new FuseRequest.ReleaseDir(header, in.i64(), in.i32());
            case 30 -> new FuseRequest.Fsync(header, in.i64(), (in.i32() & 1) != 0, true);
            case 31, 32, 33 -> lock(header, in);
            default -> later(header, in);
        };
    }

    private static FuseRequest later(FuseHeader header, FuseIn in) {
        return switch (header.opcode()) {
            case 34 -> new FuseRequest.Access(header, in.i32());
            case 35 -> create(header, in);
            case 36 -> new FuseRequest.Interrupt(header, in.i64());
            case 37 -> new FuseRequest.Bmap(header, in.i64(), in.i32());
            case 38 -> new FuseRequest.Destroy(header);
            case 39 -> ioctl(header, in);
            case 40 -> new FuseRequest.Poll(header, in.i64(), in.i64(), in.i32(), in.i32());
            case 41 -> notifyReply(header, in);
            case 42 -> batchForget(header, in);
            case 43 -> new FuseRequest.Fallocate(header, in.i64(), in.i64(), in.i64(), in.i32());
            case 44 -> readDir(header, in, true);
            case 45 -> rename2(header, in);
            case 46 -> new FuseRequest.Seek(header, in.i64(), in.i64(), in.i32());
            case 47, 53 -> copyRange(header, in);
            case 50 -> new FuseRequest.SyncFs(header);
            case 51 -> new FuseRequest.TmpFile(header, in.i32(), in.i32(), in.i32(), in.i32());
            default -> new FuseRequest.Unknown(header);
        };
    }

    private static FuseRequest getAttr(FuseHeader header, FuseIn in) {
        boolean hasHandle = (in.i32() & 1) != 0;
        return new FuseRequest.GetAttr(header, hasHandle, in.skip(4).i64());
    }

    private static FuseRequest setAttr(FuseHeader header, FuseIn in) {
        int valid = in.i32();
        long handle = in.skip(4).i64();
        long size = in.i64();
        long lockOwner = in.i64();
        long atime = in.i64();
        long mtime = in.i64();
        long ctime = in.i64();
        FuseTime access = time(atime, in);
        FuseTime change = time(mtime, in);
        FuseTime status = time(ctime, in);
        int mode = in.i32();
        int uid = in.skip(4).i32();
        int gid = in.i32();
        return new FuseRequest.SetAttr(header, valid, handle, size, lockOwner, access, change, status, mode, uid, gid);
    }

    private static FuseTime time(long seconds, FuseIn in) {
        int nanos = in.i32();
        return new FuseTime(seconds, nanos < 0 || nanos > 999_999_999 ? 0 : nanos);
    }

    private static FuseRequest mkNod(FuseHeader header, FuseIn in) {
        int mode = in.i32();
        int rdev = in.i32();
        int umask = in.i32();
        return new FuseRequest.MkNod(header, in.skip(4).name(), mode, rdev, umask);
    }

    private static FuseRequest mkDir(FuseHeader header, FuseIn in) {
        int mode = in.i32();
        int umask = in.i32();
        return new FuseRequest.MkDir(header, in.name(), mode, umask);
    }

    private static FuseRequest rename(FuseHeader header, long newParent, int flags, FuseIn in) {
        return new FuseRequest.Rename(header, in.name(), newParent, in.name(), flags);
    }

    private static FuseRequest rename2(FuseHeader header, FuseIn in) {
        long newParent = in.i64();
        int flags = in.i32();
        return rename(header, newParent, flags, in.skip(4));
    }

    private static FuseRequest read(FuseHeader header, FuseIn in) {
        return new FuseRequest.Read(header, in.i64(), in.i64(), in.size(SIZE_LIMIT), in.i32(), in.i64(), in.i32());
    }

    private static FuseRequest readDir(FuseHeader header, FuseIn in, boolean plus) {
        return new FuseRequest.ReadDir(header, in.i64(), in.i64(), in.size(SIZE_LIMIT), plus);
    }

    private static FuseRequest write(FuseHeader header, FuseIn in) {
        long handle = in.i64();
        long offset = in.i64();
        int size = in.size(SIZE_LIMIT);
        int writeFlags = in.i32();
        long lockOwner = in.i64();
        int flags = in.i32();
        return new FuseRequest.Write(
                header, handle, offset, writeFlags, lockOwner, flags, in.skip(4).data(size));
    }

    private static FuseRequest setXattr(FuseHeader header, FuseIn in, boolean extended) {
        int size = in.size(SIZE_LIMIT);
        int flags = in.i32();
        int more = extended ? in.i32() : 0;
        String name = in.skip(extended ? 4 : 0).name();
        return new FuseRequest.SetXattr(header, name, in.data(size), flags, more);
    }

    private static FuseRequest getXattr(FuseHeader header, FuseIn in) {
        int size = in.size(SIZE_LIMIT);
        return new FuseRequest.GetXattr(header, in.skip(4).name(), size);
    }

    private static FuseRequest init(FuseHeader header, FuseIn in) {
        int major = in.i32();
        int minor = in.i32();
        int readahead = in.i32();
        long flags = in.i32() & 0xffffffffL;
        if ((flags & FuseAbi.INIT_EXT) != 0) {
            flags |= (long) in.i32() << 32;
        }
        return new FuseRequest.Init(header, major, minor, readahead, flags);
    }

    private static FuseRequest lock(FuseHeader header, FuseIn in) {
        long handle = in.i64();
        long owner = in.i64();
        FuseLock lock = new FuseLock(in.i64(), in.i64(), in.i32(), in.i32());
        boolean flock = (in.i32() & 1) != 0;
        return header.opcode() == 31
                ? new FuseRequest.GetLock(header, handle, owner, lock, flock)
                : new FuseRequest.SetLock(header, handle, owner, lock, flock, header.opcode() == 33);
    }

    private static FuseRequest create(FuseHeader header, FuseIn in) {
        int flags = in.i32();
        int mode = in.i32();
        int umask = in.i32();
        int openFlags = in.i32();
        return new FuseRequest.Create(header, in.name(), flags, mode, umask, openFlags);
    }

    private static FuseRequest ioctl(FuseHeader header, FuseIn in) {
        long handle = in.i64();
        int flags = in.i32();
        int command = in.i32();
        long argument = in.i64();
        int inSize = in.size(SIZE_LIMIT);
        int outSize = in.size(SIZE_LIMIT);
        return new FuseRequest.Ioctl(header, handle, flags, command, argument, outSize, in.data(inSize));
    }

    private static FuseRequest notifyReply(FuseHeader header, FuseIn in) {
        long offset = in.skip(8).i64();
        int size = in.size(SIZE_LIMIT);
        return new FuseRequest.NotifyReply(header, offset, in.skip(20).data(size));
    }

    private static FuseRequest batchForget(FuseHeader header, FuseIn in) {
        int count = in.size(SIZE_LIMIT);
        in.skip(4);
        if (in.remaining() / 16 < count) {
            throw in.bad(count + " nodes in " + in.remaining() + " bytes");
        }
        List<FuseRequest.Forgotten> nodes = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            nodes.add(new FuseRequest.Forgotten(in.i64(), in.i64()));
        }
        return new FuseRequest.Forget(header, List.copyOf(nodes));
    }

    private static FuseRequest copyRange(FuseHeader header, FuseIn in) {
        return new FuseRequest.CopyRange(header, in.i64(), in.i64(), in.i64(), in.i64(), in.i64(), in.i64(), in.i64());
    }
}
