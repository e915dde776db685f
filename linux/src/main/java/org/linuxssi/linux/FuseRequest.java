package org.linuxssi.linux;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A request of the kernel to a file system ({@code enum fuse_opcode}).
 *
 * <p>Names and link texts are byte strings: one char a byte (ISO-8859-1), so that names which are not UTF-8 survive.
 * Segments are views of the receive buffer, valid until {@link FuseFileSystem#handle} returns.
 */
public sealed interface FuseRequest {

    /** Returns who asks about what. */
    FuseHeader header();

    /** Finds a name in the directory {@code header.nodeId}; answer with an entry. */
    record Lookup(FuseHeader header, String name) implements FuseRequest {}

    /** The kernel dropped references (FORGET and BATCH_FORGET); there is no answer. */
    record Forget(FuseHeader header, List<Forgotten> nodes) implements FuseRequest {}

    /**
     * References that the kernel dropped.
     *
     * @param nodeId the node
     * @param count as many as lookups gave
     */
    record Forgotten(long nodeId, long count) {}

    /** Asks for attributes; the handle counts only if hasHandle. */
    record GetAttr(FuseHeader header, boolean hasHandle, long handle) implements FuseRequest {}

    /** Changes the attributes named in valid ({@link FuseAbi#FATTR_MODE} and so on); answer with the attributes. */
    record SetAttr(
            FuseHeader header,
            int valid,
            long handle,
            long size,
            long lockOwner,
            FuseTime atime,
            FuseTime mtime,
            FuseTime ctime,
            int mode,
            int uid,
            int gid)
            implements FuseRequest {}

    /** Asks for the text of a symbolic link. */
    record ReadLink(FuseHeader header) implements FuseRequest {}

    /** Makes a symbolic link; answer with an entry. */
    record Symlink(FuseHeader header, String name, String text) implements FuseRequest {}

    /** Makes a file of any type; answer with an entry. */
    record MkNod(FuseHeader header, String name, int mode, int rdev, int umask) implements FuseRequest {}

    /** Makes a directory; answer with an entry. */
    record MkDir(FuseHeader header, String name, int mode, int umask) implements FuseRequest {}

    /** Removes a name that is no directory. */
    record Unlink(FuseHeader header, String name) implements FuseRequest {}

    /** Removes an empty directory. */
    record RmDir(FuseHeader header, String name) implements FuseRequest {}

    /** Renames (RENAME and RENAME2); flags as in renameat2(2). */
    record Rename(FuseHeader header, String name, long newParent, String newName, int flags) implements FuseRequest {}

    /** Gives the node another name in the directory {@code header.nodeId}; answer with an entry. */
    record Link(FuseHeader header, long node, String newName) implements FuseRequest {}

    /** Opens a file; flags as in open(2) without O_CREAT, O_EXCL and O_NOCTTY. */
    record Open(FuseHeader header, int flags, int openFlags) implements FuseRequest {}

    /** Reads at most size bytes. */
    record Read(FuseHeader header, long handle, long offset, int size, int readFlags, long lockOwner, int flags)
            implements FuseRequest {}

    /** Writes data; answer with the number of bytes written. */
    record Write(
            FuseHeader header, long handle, long offset, int writeFlags, long lockOwner, int flags, MemorySegment data)
            implements FuseRequest {}

    /** Asks for numbers of the whole file system. */
    record StatFs(FuseHeader header) implements FuseRequest {}

    /** The last descriptor of an open file is closed. */
    record Release(FuseHeader header, long handle, int flags, int releaseFlags, long lockOwner)
            implements FuseRequest {}

    /** Makes a file durable, or with directory a directory. */
    record Fsync(FuseHeader header, long handle, boolean dataOnly, boolean directory) implements FuseRequest {}

    /** Sets an extended attribute; flags as in setxattr(2). */
    record SetXattr(FuseHeader header, String name, MemorySegment value, int flags, int setxattrFlags)
            implements FuseRequest {}

    /** Asks for an extended attribute, or with size 0 for its size. */
    record GetXattr(FuseHeader header, String name, int size) implements FuseRequest {}

    /** Asks for the names of the extended attributes, or with size 0 for their size. */
    record ListXattr(FuseHeader header, int size) implements FuseRequest {}

    /** Removes an extended attribute. */
    record RemoveXattr(FuseHeader header, String name) implements FuseRequest {}

    /** A descriptor of an open file is closed: POSIX locks of the owner go. */
    record Flush(FuseHeader header, long handle, long lockOwner) implements FuseRequest {}

    /** The first request: what the kernel can do. The session answers it itself. */
    record Init(FuseHeader header, int major, int minor, int maxReadahead, long flags) implements FuseRequest {}

    /** Opens a directory. */
    record OpenDir(FuseHeader header, int flags) implements FuseRequest {}

    /** Reads names from a position on, with entries when plus (READDIRPLUS); answer with a {@link FuseDirectory}. */
    record ReadDir(FuseHeader header, long handle, long offset, int size, boolean plus) implements FuseRequest {}

    /** The last descriptor of an open directory is closed. */
    record ReleaseDir(FuseHeader header, long handle, int flags) implements FuseRequest {}

    /** Asks for a lock that would be in the way. */
    record GetLock(FuseHeader header, long handle, long owner, FuseLock lock, boolean flock) implements FuseRequest {}

    /** Sets or removes a lock, waiting for it when told so (SETLK and SETLKW). */
    record SetLock(FuseHeader header, long handle, long owner, FuseLock lock, boolean flock, boolean blocking)
            implements FuseRequest {}

    /** Checks permissions as access(2), only without the mount option default_permissions. */
    record Access(FuseHeader header, int mask) implements FuseRequest {}

    /** Makes and opens a file; answer with created. */
    record Create(FuseHeader header, String name, int flags, int mode, int umask, int openFlags)
            implements FuseRequest {}

    /** Makes and opens a file without a name (O_TMPFILE); answer with created. */
    record TmpFile(FuseHeader header, int flags, int mode, int umask, int openFlags) implements FuseRequest {}

    /** The caller of another request got a signal. The session handles it itself. */
    record Interrupt(FuseHeader header, long target) implements FuseRequest {}

    /** Maps a block of a file to one of the device. */
    record Bmap(FuseHeader header, long block, int blockSize) implements FuseRequest {}

    /** The file system is unmounted. */
    record Destroy(FuseHeader header) implements FuseRequest {}

    /** An ioctl(2); outSize bytes may be answered. */
    record Ioctl(FuseHeader header, long handle, int flags, int command, long argument, int outSize, MemorySegment in)
            implements FuseRequest {}

    /** Asks which poll(2) events are true now; kernelHandle is for a later wake-up when flags has bit 0. */
    record Poll(FuseHeader header, long handle, long kernelHandle, int flags, int events) implements FuseRequest {}

    /** Cached data that a notification asked for. */
    record NotifyReply(FuseHeader header, long offset, MemorySegment data) implements FuseRequest {}

    /** As fallocate(2). */
    record Fallocate(FuseHeader header, long handle, long offset, long length, int mode) implements FuseRequest {}

    /** As lseek(2) with SEEK_DATA or SEEK_HOLE. */
    record Seek(FuseHeader header, long handle, long offset, int whence) implements FuseRequest {}

    /** As copy_file_range(2). */
    record CopyRange(
            FuseHeader header,
            long handleIn,
            long offsetIn,
            long nodeOut,
            long handleOut,
            long offsetOut,
            long length,
            long flags)
            implements FuseRequest {}

    /** As syncfs(2). */
    record SyncFs(FuseHeader header) implements FuseRequest {}

    /** An operation that this version does not know; answer ENOSYS. */
    record Unknown(FuseHeader header) implements FuseRequest {}
}
