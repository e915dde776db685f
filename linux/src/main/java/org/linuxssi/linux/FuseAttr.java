package org.linuxssi.linux;

/**
 * Attributes of a file ({@code struct fuse_attr}).
 *
 * @param ino number that stat(2) shows
 * @param size bytes
 * @param blocks units of 512 bytes
 * @param atime last access
 * @param mtime last change of the contents
 * @param ctime last change of the attributes
 * @param mode type and permissions as in stat(2)
 * @param nlink names
 * @param uid owner
 * @param gid group
 * @param rdev device number in the kernel's 32-bit form
 * @param blockSize preferred unit of input and output
 */
public record FuseAttr(
        long ino,
        long size,
        long blocks,
        FuseTime atime,
        FuseTime mtime,
        FuseTime ctime,
        int mode,
        int nlink,
        int uid,
        int gid,
        int rdev,
        int blockSize) {

    /** File type bits of the mode ({@code S_IFMT}, {@code uapi/linux/stat.h}). */
    public static final int TYPE_MASK = 0xf000;

    /** Type of a directory ({@code S_IFDIR}). */
    public static final int DIRECTORY = 0x4000;

    /** Type of a regular file ({@code S_IFREG}). */
    public static final int REGULAR = 0x8000;

    /** Type of a symbolic link ({@code S_IFLNK}). */
    public static final int SYMLINK = 0xa000;

    /** Returns attributes of an object whose three times are the same. */
    public static FuseAttr of(long ino, int mode, long size, int uid, int gid, FuseTime time) {
        int links = (mode & TYPE_MASK) == DIRECTORY ? 2 : 1;
        return new FuseAttr(ino, size, (size + 511) / 512, time, time, time, mode, links, uid, gid, 0, 4096);
    }

    /** Returns the type as directory listings have it ({@code DT_DIR} and so on, {@code linux/fs_types.h}). */
    public int direntType() {
        return (mode & TYPE_MASK) >> 12;
    }
}
