package org.linuxssi.linux;

/**
 * Numbers of a file system ({@code struct fuse_kstatfs}).
 *
 * @param blocks all blocks
 * @param free free blocks
 * @param available free blocks for users
 * @param files all inodes
 * @param filesFree free inodes
 * @param blockSize bytes of a block
 * @param nameLength longest name in bytes
 */
public record FuseStatFs(
        long blocks, long free, long available, long files, long filesFree, int blockSize, int nameLength) {}
