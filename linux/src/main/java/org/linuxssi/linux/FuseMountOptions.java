package org.linuxssi.linux;

/**
 * Options of mount(2) for a FUSE file system.
 *
 * @param source first column of {@code /proc/mounts}
 * @param type file system type, {@code fuse} or {@code fuse.NAME}
 * @param defaultPermissions whether the kernel checks modes and owners itself
 * @param maxRead largest read in bytes
 */
public record FuseMountOptions(String source, String type, boolean defaultPermissions, int maxRead) {

    /** MS_NOSUID ({@code uapi/linux/mount.h}). */
    public static final long MS_NOSUID = 2;

    /** MS_NODEV ({@code uapi/linux/mount.h}). */
    public static final long MS_NODEV = 4;

    /** MS_NOEXEC ({@code uapi/linux/mount.h}). */
    public static final long MS_NOEXEC = 8;

    /** Returns options for a tree with this source where the kernel checks permissions. */
    public static FuseMountOptions of(String source) {
        return new FuseMountOptions(source, "fuse", true, 1 << 20);
    }

    /**
     * Returns the data argument of mount(2).
     *
     * @param fd number of the {@code /dev/fuse} descriptor in the process that calls mount(2)
     */
    public String data(int fd) {
        return "fd=" + fd + ",rootmode=40000,user_id=0,group_id=0,allow_other"
                + (defaultPermissions ? ",default_permissions" : "") + ",max_read=" + maxRead;
    }
}
