package org.linuxssi.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The settings of a terminal (tty_ioctl(4)). */
public final class Terminal {

    // include/uapi/asm-generic/ioctls.h
    private static final long TCGETS = 0x5401;
    private static final long TCSETSW = 0x5403;
    private static final long TIOCGWINSZ = 0x5413;
    private static final long TIOCSWINSZ = 0x5414;

    // struct termios, include/uapi/asm-generic/termbits.h: four words of flags, the discipline, 19 characters
    private static final int SIZE = 36;
    private static final int INPUT = 0;
    private static final int OUTPUT = 4;
    private static final int CONTROL = 8;
    private static final int LOCAL = 12;
    private static final int CHARACTERS = 17;

    // include/uapi/asm-generic/termbits-common.h and termbits.h
    private static final int IGNBRK_TO_ICRNL = 0x1 | 0x2 | 0x8 | 0x20 | 0x40 | 0x80 | 0x100;
    private static final int IXON = 0x400;
    private static final int OPOST = 0x1;
    private static final int CSIZE_PARENB = 0x30 | 0x100;
    private static final int CS8 = 0x30;
    private static final int ISIG_ICANON_ECHO_ECHONL_IEXTEN = 0x1 | 0x2 | 0x8 | 0x40 | 0x8000;
    private static final int VTIME = 5;
    private static final int VMIN = 6;

    private Terminal() {}

    /** The saved settings of a terminal: the kernel's structure. */
    public static final class Settings {

        private final byte[] words;

        private Settings(byte[] words) {
            this.words = words;
        }
    }

    /** Tells whether the descriptor is a terminal. */
    public static boolean is(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment settings = arena.allocate(SIZE, 4);
            return !Syscalls.failed(Syscalls.call(Nr.IOCTL, fd, TCGETS, settings.address()));
        }
    }

    /** Returns the settings, to be given to {@link #restore}. */
    public static Settings settings(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment settings = arena.allocate(SIZE, 4);
            Syscalls.check("ioctl TCGETS " + fd, Syscalls.call(Nr.IOCTL, fd, TCGETS, settings.address()));
            return new Settings(settings.toArray(JAVA_BYTE));
        }
    }

    /** Sets the settings, after what was written has gone out. */
    public static void restore(int fd, Settings settings) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment words = Syscalls.bytes(arena, settings.words);
            Syscalls.check("ioctl TCSETSW " + fd, Syscalls.call(Nr.IOCTL, fd, TCSETSW, words.address()));
        }
    }

    /** Returns these settings made raw: every byte passes unchanged, unechoed and at once, as cfmakeraw(3) does. */
    public static Settings raw(Settings settings) {
        MemorySegment words = MemorySegment.ofArray(settings.words.clone());
        change(words, INPUT, IGNBRK_TO_ICRNL | IXON, 0);
        change(words, OUTPUT, OPOST, 0);
        change(words, CONTROL, CSIZE_PARENB, CS8);
        change(words, LOCAL, ISIG_ICANON_ECHO_ECHONL_IEXTEN, 0);
        words.set(JAVA_BYTE, CHARACTERS + VMIN, (byte) 1);
        words.set(JAVA_BYTE, CHARACTERS + VTIME, (byte) 0);
        return new Settings(words.toArray(JAVA_BYTE));
    }

    private static void change(MemorySegment words, int offset, int clear, int set) {
        int flags = words.get(JAVA_INT.withByteAlignment(1), offset);
        words.set(JAVA_INT.withByteAlignment(1), offset, (flags & ~clear) | set);
    }

    /**
     * Returns the window's size.
     *
     * @return rows and columns
     */
    public static int[] window(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment window = arena.allocate(8, 2);
            Syscalls.check("ioctl TIOCGWINSZ " + fd, Syscalls.call(Nr.IOCTL, fd, TIOCGWINSZ, window.address()));
            return new int[] {window.get(JAVA_SHORT, 0) & 0xffff, window.get(JAVA_SHORT, 2) & 0xffff};
        }
    }

    /** Sets the window's size; the foreground group gets SIGWINCH when it changes. */
    public static void window(int fd, int rows, int columns) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment window = arena.allocate(8, 2);
            window.set(JAVA_SHORT, 0, (short) rows);
            window.set(JAVA_SHORT, 2, (short) columns);
            Syscalls.check("ioctl TIOCSWINSZ " + fd, Syscalls.call(Nr.IOCTL, fd, TIOCSWINSZ, window.address()));
        }
    }
}
