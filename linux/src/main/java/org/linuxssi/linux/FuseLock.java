package org.linuxssi.linux;

/**
 * A lock on a range of a file ({@code struct fuse_file_lock}).
 *
 * @param start first byte
 * @param end last byte, {@link Long#MAX_VALUE} for the end of the file
 * @param type F_RDLCK 0, F_WRLCK 1 or F_UNLCK 2 ({@code asm-generic/fcntl.h})
 * @param pid thread group that holds or asks for it
 */
public record FuseLock(long start, long end, int type, int pid) {}
