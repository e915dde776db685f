package org.linuxssi.linux;

/**
 * Numbers of the FUSE protocol, version 7.45 ({@code include/uapi/linux/fuse.h}); names are the kernel's without
 * {@code FUSE_}.
 */
public final class FuseAbi {

    /** Major version spoken ({@code FUSE_KERNEL_VERSION}). */
    public static final int MAJOR = 7;

    /** Newest minor version spoken ({@code FUSE_KERNEL_MINOR_VERSION}). */
    public static final int MINOR = 45;

    /** Oldest minor version spoken: that of Linux 5.15 has the long INIT and all fixed sizes used here. */
    public static final int OLDEST_MINOR = 34;

    /** Node id of the root directory ({@code FUSE_ROOT_ID}). */
    public static final long ROOT = 1;

    /** Bytes of {@code struct fuse_in_header}. */
    static final int IN_HEADER = 40;

    /** Bytes of {@code struct fuse_out_header}. */
    static final int OUT_HEADER = 16;

    /** Bytes of {@code struct fuse_write_in}. */
    static final int WRITE_IN = 40;

    /** Bytes of {@code struct fuse_attr}. */
    static final int ATTR = 88;

    /** Bytes of {@code struct fuse_entry_out}. */
    static final int ENTRY_OUT = 128;

    /** Bytes of {@code struct fuse_dirent} without the name. */
    static final int DIRENT = 24;

    /** Smallest buffer that the kernel accepts for a read of the device ({@code FUSE_MIN_READ_BUFFER}). */
    static final int MIN_READ_BUFFER = 8192;

    /** Marks a request that was sent to an earlier daemon already ({@code FUSE_UNIQUE_RESEND}). */
    static final long UNIQUE_RESEND = 1L << 63;

    /** Longest name in a directory ({@code FUSE_NAME_MAX}). */
    static final int NAME_MAX = 1024;

    /** SETATTR: the mode is given ({@code FATTR_MODE}). */
    public static final int FATTR_MODE = 1;

    /** SETATTR: the owner is given ({@code FATTR_UID}). */
    public static final int FATTR_UID = 1 << 1;

    /** SETATTR: the group is given ({@code FATTR_GID}). */
    public static final int FATTR_GID = 1 << 2;

    /** SETATTR: the size is given ({@code FATTR_SIZE}). */
    public static final int FATTR_SIZE = 1 << 3;

    /** SETATTR: the access time is given ({@code FATTR_ATIME}). */
    public static final int FATTR_ATIME = 1 << 4;

    /** SETATTR: the modification time is given ({@code FATTR_MTIME}). */
    public static final int FATTR_MTIME = 1 << 5;

    /** SETATTR: the handle is given ({@code FATTR_FH}). */
    public static final int FATTR_FH = 1 << 6;

    /** SETATTR: the access time becomes now ({@code FATTR_ATIME_NOW}). */
    public static final int FATTR_ATIME_NOW = 1 << 7;

    /** SETATTR: the modification time becomes now ({@code FATTR_MTIME_NOW}). */
    public static final int FATTR_MTIME_NOW = 1 << 8;

    /** SETATTR: the lock owner is given ({@code FATTR_LOCKOWNER}). */
    public static final int FATTR_LOCKOWNER = 1 << 9;

    /** SETATTR: the change time is given ({@code FATTR_CTIME}). */
    public static final int FATTR_CTIME = 1 << 10;

    /** SETATTR: drop the set-id bits ({@code FATTR_KILL_SUIDGID}). */
    public static final int FATTR_KILL_SUIDGID = 1 << 11;

    /** OPEN: bypass the page cache; needed for files without a known size ({@code FOPEN_DIRECT_IO}). */
    public static final int FOPEN_DIRECT_IO = 1;

    /** OPEN: do not drop cached pages ({@code FOPEN_KEEP_CACHE}). */
    public static final int FOPEN_KEEP_CACHE = 1 << 1;

    /** OPEN: the file cannot seek ({@code FOPEN_NONSEEKABLE}). */
    public static final int FOPEN_NONSEEKABLE = 1 << 2;

    /** OPENDIR: the kernel may cache the listing ({@code FOPEN_CACHE_DIR}). */
    public static final int FOPEN_CACHE_DIR = 1 << 3;

    /** OPEN: a stream without positions ({@code FOPEN_STREAM}). */
    public static final int FOPEN_STREAM = 1 << 4;

    /** OPEN: send no FLUSH at close ({@code FOPEN_NOFLUSH}). */
    public static final int FOPEN_NOFLUSH = 1 << 5;

    /** OPEN: direct writes need no lock of the inode ({@code FOPEN_PARALLEL_DIRECT_WRITES}). */
    public static final int FOPEN_PARALLEL_DIRECT_WRITES = 1 << 6;

    /** OPEN: read and write the backing file without the daemon ({@code FOPEN_PASSTHROUGH}). */
    public static final int FOPEN_PASSTHROUGH = 1 << 7;

    /** INIT: reads may run in parallel ({@code FUSE_ASYNC_READ}). */
    public static final long ASYNC_READ = 1;

    /** INIT: POSIX locks are sent to the daemon ({@code FUSE_POSIX_LOCKS}). */
    public static final long POSIX_LOCKS = 1L << 1;

    /** INIT: open with O_TRUNC is one request ({@code FUSE_ATOMIC_O_TRUNC}). */
    public static final long ATOMIC_O_TRUNC = 1L << 3;

    /** INIT: "." and ".." can be looked up ({@code FUSE_EXPORT_SUPPORT}). */
    public static final long EXPORT_SUPPORT = 1L << 4;

    /** INIT: writes may be larger than a page ({@code FUSE_BIG_WRITES}). */
    public static final long BIG_WRITES = 1L << 5;

    /** INIT: the daemon applies the umask ({@code FUSE_DONT_MASK}). */
    public static final long DONT_MASK = 1L << 6;

    /** INIT: BSD locks are sent to the daemon ({@code FUSE_FLOCK_LOCKS}). */
    public static final long FLOCK_LOCKS = 1L << 10;

    /** INIT: ioctl on directories ({@code FUSE_HAS_IOCTL_DIR}). */
    public static final long IOCTL_DIR = 1L << 11;

    /** INIT: cached pages are dropped when the modification time changes ({@code FUSE_AUTO_INVAL_DATA}). */
    public static final long AUTO_INVAL_DATA = 1L << 12;

    /** INIT: READDIRPLUS is understood ({@code FUSE_DO_READDIRPLUS}). */
    public static final long DO_READDIRPLUS = 1L << 13;

    /** INIT: READDIRPLUS only where lookups follow ({@code FUSE_READDIRPLUS_AUTO}). */
    public static final long READDIRPLUS_AUTO = 1L << 14;

    /** INIT: direct input and output may be asynchronous ({@code FUSE_ASYNC_DIO}). */
    public static final long ASYNC_DIO = 1L << 15;

    /** INIT: lookups and readdirs of one directory may run in parallel ({@code FUSE_PARALLEL_DIROPS}). */
    public static final long PARALLEL_DIROPS = 1L << 18;

    /** INIT: reads after an abort give ECONNABORTED ({@code FUSE_ABORT_ERROR}). */
    public static final long ABORT_ERROR = 1L << 21;

    /** INIT: the reply has the largest request in pages ({@code FUSE_MAX_PAGES}). */
    public static final long MAX_PAGES = 1L << 22;

    /** INIT: the text of symbolic links is cached by the kernel ({@code FUSE_CACHE_SYMLINKS}). */
    public static final long CACHE_SYMLINKS = 1L << 23;

    /** INIT: only notifications drop cached data ({@code FUSE_EXPLICIT_INVAL_DATA}). */
    public static final long EXPLICIT_INVAL_DATA = 1L << 25;

    /** INIT: the daemon drops set-id bits when told to ({@code FUSE_HANDLE_KILLPRIV_V2}). */
    public static final long HANDLE_KILLPRIV_V2 = 1L << 28;

    /** INIT: SETXATTR has the long form ({@code FUSE_SETXATTR_EXT}). */
    public static final long SETXATTR_EXT = 1L << 29;

    /** INIT: there are 64 flags ({@code FUSE_INIT_EXT}). */
    public static final long INIT_EXT = 1L << 30;

    /** INIT: entries can be marked expired without being dropped ({@code FUSE_HAS_EXPIRE_ONLY}). */
    public static final long HAS_EXPIRE_ONLY = 1L << 35;

    /** INIT: files with direct input and output can be mapped shared ({@code FUSE_DIRECT_IO_ALLOW_MMAP}). */
    public static final long DIRECT_IO_ALLOW_MMAP = 1L << 36;

    /** INIT: files can be passed through to backing files ({@code FUSE_PASSTHROUGH}). */
    public static final long PASSTHROUGH = 1L << 37;

    /** INIT: requests can be sent again to a new daemon ({@code FUSE_HAS_RESEND}). */
    public static final long HAS_RESEND = 1L << 39;

    /** Notification: poll state changed ({@code FUSE_NOTIFY_POLL}). */
    static final int NOTIFY_POLL = 1;

    /** Notification: drop attributes and pages of a node ({@code FUSE_NOTIFY_INVAL_INODE}). */
    static final int NOTIFY_INVAL_INODE = 2;

    /** Notification: drop a name ({@code FUSE_NOTIFY_INVAL_ENTRY}). */
    static final int NOTIFY_INVAL_ENTRY = 3;

    /** Notification: put data into the page cache ({@code FUSE_NOTIFY_STORE}). */
    static final int NOTIFY_STORE = 4;

    /** Notification: a name was deleted elsewhere ({@code FUSE_NOTIFY_DELETE}). */
    static final int NOTIFY_DELETE = 6;

    /** Notification: send all pending requests again ({@code FUSE_NOTIFY_RESEND}). */
    static final int NOTIFY_RESEND = 7;

    /** Notification: all cached names are old ({@code FUSE_NOTIFY_INC_EPOCH}). */
    static final int NOTIFY_INC_EPOCH = 8;

    private FuseAbi() {}
}
