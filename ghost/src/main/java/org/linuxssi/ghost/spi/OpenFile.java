package org.linuxssi.ghost.spi;

import java.util.List;

/**
 * An open file of a process, seen from outside.
 *
 * @param pid of the process in our pid name space
 * @param fd its number there; the lowest one when several stand for the same open file
 * @param link what {@code /proc/PID/fd/N} points to, as {@code /tmp/x}, {@code pipe:[711]}
 * @param mode {@code st_mode}: kind and permissions
 * @param device {@code st_rdev} of a device
 * @param inode {@code st_ino}
 * @param links {@code st_nlink}: 0 when deleted
 * @param flags of open(2), without O_CLOEXEC
 * @param position of the next read or write
 * @param extra further lines of {@code /proc/PID/fdinfo/N}
 */
public record OpenFile(
        int pid,
        int fd,
        String link,
        int mode,
        long device,
        long inode,
        long links,
        int flags,
        long position,
        List<String> extra) {

    private static final int KIND = 0170000;

    /** Copies the lines. */
    public OpenFile {
        extra = List.copyOf(extra);
    }

    /** Returns it without some flags of open(2). */
    public OpenFile without(int some) {
        return (flags & some) == 0
                ? this
                : new OpenFile(pid, fd, link, mode, device, inode, links, flags & ~some, position, extra);
    }

    /** Tells whether it is a regular file. */
    public boolean regular() {
        return (mode & KIND) == 0100000;
    }

    /** Tells whether it is a directory. */
    public boolean directory() {
        return (mode & KIND) == 0040000;
    }

    /** Tells whether it is a pipe or a FIFO. */
    public boolean pipe() {
        return (mode & KIND) == 0010000;
    }

    /** Tells whether it is a socket. */
    public boolean socket() {
        return (mode & KIND) == 0140000;
    }

    /** Tells whether it is a character device. */
    public boolean characterDevice() {
        return (mode & KIND) == 0020000;
    }

    /** Returns the major number of a device. */
    public int major() {
        return major(device);
    }

    /** Returns the major part of a device number ({@code linux/kdev_t.h}). */
    public static int major(long device) {
        return (int) ((device >> 8) & 0xfff);
    }

    /** Returns the minor number of a device. */
    public int minor() {
        return minor(device);
    }

    /** Returns the minor part of a device number ({@code linux/kdev_t.h}). */
    public static int minor(long device) {
        return (int) ((device & 0xff) | ((device >> 12) & 0xfff00));
    }

    /** Tells whether it is the master of a pseudo terminal, {@code /dev/ptmx}. */
    public boolean terminalMaster() {
        return characterDevice() && major() == 5 && minor() == 2;
    }

    /** Tells whether it is a terminal: a pty's slave, a console, a serial line, or /dev/tty. */
    public boolean terminal() {
        int major = major();
        return characterDevice() && (major == 4 || major == 5 || (major >= 136 && major <= 143));
    }
}
