package org.linuxssi.linux;

/**
 * How a session serves.
 *
 * @param name for threads and messages
 * @param threads platform threads that read requests
 * @param flags INIT flags wanted where the kernel has them
 * @param maxWrite largest read and write in bytes, a multiple of 4096
 * @param maxBackground asynchronous requests that the kernel may have under way
 * @param timeGranularity nanoseconds of file times
 * @param stackDepth how many stacked file systems backing files may have, for {@link FuseAbi#PASSTHROUGH}
 */
public record FuseOptions(
        String name, int threads, long flags, int maxWrite, int maxBackground, int timeGranularity, int stackDepth) {

    /** Flags that suit every file system. */
    public static final long COMMON = FuseAbi.ASYNC_READ
            | FuseAbi.BIG_WRITES
            | FuseAbi.MAX_PAGES
            | FuseAbi.INIT_EXT
            | FuseAbi.PARALLEL_DIROPS
            | FuseAbi.ABORT_ERROR
            | FuseAbi.ASYNC_DIO
            | FuseAbi.HAS_RESEND
            | FuseAbi.HAS_EXPIRE_ONLY;

    /** Flags of a file system that stores files, in addition to {@link #COMMON}. */
    public static final long STORAGE = FuseAbi.POSIX_LOCKS
            | FuseAbi.FLOCK_LOCKS
            | FuseAbi.ATOMIC_O_TRUNC
            | FuseAbi.AUTO_INVAL_DATA
            | FuseAbi.HANDLE_KILLPRIV_V2
            | FuseAbi.SETXATTR_EXT
            | FuseAbi.DIRECT_IO_ALLOW_MMAP
            | FuseAbi.PASSTHROUGH;

    /** Checks the numbers. */
    public FuseOptions {
        if (threads < 1 || maxWrite < 4096 || maxWrite % 4096 != 0 || maxWrite > 1 << 20) {
            throw new IllegalArgumentException("FUSE options of " + name + ": " + threads + " threads, " + maxWrite
                    + " bytes a write; allowed are 1 and more threads, multiples of 4096 up to 1048576 bytes");
        }
    }

    /** Returns options for small synthetic files. */
    public static FuseOptions synthetic(String name, int threads) {
        return new FuseOptions(name, threads, COMMON, 128 << 10, 64, 1, 0);
    }

    /** Returns options for a file system that stores files. */
    public static FuseOptions storage(String name, int threads) {
        return new FuseOptions(name, threads, COMMON | STORAGE, 1 << 20, 64, 1, 1);
    }

    /** Returns the same with these flags too. */
    public FuseOptions with(long more) {
        return new FuseOptions(name, threads, flags | more, maxWrite, maxBackground, timeGranularity, stackDepth);
    }
}
