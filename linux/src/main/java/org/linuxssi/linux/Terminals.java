package org.linuxssi.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Terminals and pseudo terminals ({@code asm-generic/ioctls.h}, {@code asm-generic/termbits.h}). */
public final class Terminals {

    /** Bytes of {@code struct termios}. */
    public static final int TERMIOS_SIZE = 36;

    /** Bytes of {@code struct winsize}. */
    public static final int WINDOW_SIZE = 8;

    /** Offset of the input modes in {@code struct termios}; output, control and local modes follow, 4 bytes each. */
    public static final int INPUT_MODES = 0;

    /** Offset of the output modes. */
    public static final int OUTPUT_MODES = 4;

    /** Offset of the control modes. */
    public static final int CONTROL_MODES = 8;

    /** Offset of the local modes. */
    public static final int LOCAL_MODES = 12;

    /** Offset of the end-of-file character (VEOF). */
    public static final int EOF_CHARACTER = 21;

    /** Output mode: process output at all. */
    public static final int OPOST = 1;

    /** Output mode: a carriage return goes before the end of a line. */
    public static final int ONLCR = 4;

    /** Local mode: input by lines. */
    public static final int ICANON = 2;

    /** Local mode: another party does the line discipline. */
    public static final int EXTPROC = 0x10000;

    /** In packet mode: the program changed the modes. */
    public static final int PACKET_MODES_CHANGED = 0x40;

    /** ioctl request: makes the terminal that of the caller's session, which the caller leads. */
    public static final long TIOCSCTTY = 0x540e;

    /** ioctl request: tells the foreground group. */
    public static final long TIOCGPGRP = 0x540f;

    /** ioctl request: sets the foreground group. */
    public static final long TIOCSPGRP = 0x5410;

    /** ioctl request: gives the controlling terminal up. */
    public static final long TIOCNOTTY = 0x5422;

    // include/uapi/asm-generic/termbits-common.h and termbits.h
    private static final int IGNBRK_TO_ICRNL = 0x1 | 0x2 | 0x8 | 0x20 | 0x40 | 0x80 | 0x100;
    private static final int IXON = 0x400;
    private static final int CSIZE_PARENB = 0x30 | 0x100;
    private static final int CS8 = 0x30;
    private static final int ISIG_ICANON_ECHO_ECHONL_IEXTEN = 0x1 | 0x2 | 0x8 | 0x40 | 0x8000;
    private static final int CHARACTERS = 17;
    private static final int VTIME = CHARACTERS + 5;
    private static final int VMIN = CHARACTERS + 6;

    /** ioctl request: gets {@code struct termios}. */
    public static final long TCGETS = 0x5401;

    /** ioctl request: gets {@code struct termios2}, which begins like {@code struct termios}. */
    public static final long TCGETS2 = 0x802c542aL;

    private static final int TERMIOS2_SIZE = 44;
    private static final long TCSETS = 0x5402;
    private static final long TCSETSW = 0x5403;
    private static final long TIOCGWINSZ = 0x5413;
    private static final long TIOCSWINSZ = 0x5414;
    private static final long TIOCPKT = 0x5420;
    private static final long TIOCGPTN = 0x80045430L;
    private static final long TIOCSPTLCK = 0x40045431L;
    private static final long TIOCGPTPEER = 0x5441;
    private static final long TIOCGDEV = 0x80045432L;
    private static final long TIOCSTI = 0x5412;

    private Terminals() {}

    /** Tells whether the descriptor is a terminal. */
    public static boolean isTerminal(int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            return !Syscalls.failed(ioctl(descriptor, TCGETS, arena.allocate(TERMIOS_SIZE, 8)));
        }
    }

    /** Tells whether the descriptor is the master side of a pseudo terminal. */
    public static boolean isMaster(int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            return !Syscalls.failed(ioctl(descriptor, TIOCGPTN, arena.allocate(8, 8)));
        }
    }

    /**
     * Returns {@code struct termios}; of a master, that of its terminal.
     *
     * @throws ErrnoException ENOTTY, EIO
     */
    public static byte[] modes(int descriptor) {
        return get(descriptor, TCGETS, TERMIOS_SIZE, "get modes of terminal ");
    }

    /**
     * Returns what a request for the modes gives.
     *
     * @param request {@link #TCGETS} or {@link #TCGETS2}
     * @throws ErrnoException ENOTTY, EIO
     */
    public static byte[] modes(int descriptor, long request) {
        return get(descriptor, request, request == TCGETS ? TERMIOS_SIZE : TERMIOS2_SIZE, "get modes of terminal ");
    }

    /**
     * Sets {@code struct termios} at once.
     *
     * @throws ErrnoException ENOTTY, EIO
     */
    public static void modes(int descriptor, byte[] termios) {
        set(descriptor, TCSETS, termios, "set modes of terminal ");
    }

    /**
     * Sets {@code struct termios} after what was written has gone out.
     *
     * @throws ErrnoException ENOTTY, EIO
     */
    public static void modesAfterOutput(int descriptor, byte[] termios) {
        set(descriptor, TCSETSW, termios, "set modes of terminal ");
    }

    /** Returns these modes made raw: every byte passes unchanged, unechoed and at once, as cfmakeraw(3) does. */
    public static byte[] raw(byte[] termios) {
        byte[] raw = termios.clone();
        change(raw, INPUT_MODES, IGNBRK_TO_ICRNL | IXON, 0);
        change(raw, OUTPUT_MODES, OPOST, 0);
        change(raw, CONTROL_MODES, CSIZE_PARENB, CS8);
        change(raw, LOCAL_MODES, ISIG_ICANON_ECHO_ECHONL_IEXTEN, 0);
        raw[VMIN] = 1;
        raw[VTIME] = 0;
        return raw;
    }

    /** Returns these settings made raw but for the division of the input into lines. */
    public static byte[] unprocessed(byte[] termios) {
        byte[] quiet = raw(termios);
        if ((flags(termios, LOCAL_MODES) & ICANON) != 0) {
            Arrays.fill(quiet, CHARACTERS, quiet.length, (byte) 0);
            change(quiet, LOCAL_MODES, 0, ICANON);
        }
        return quiet;
    }

    private static void change(byte[] termios, int offset, int clear, int set) {
        flags(termios, offset, (flags(termios, offset) & ~clear) | set);
    }

    /** Returns {@code struct winsize} of a window. */
    public static byte[] windowOf(int rows, int columns) {
        byte[] size = new byte[WINDOW_SIZE];
        MemorySegment words = MemorySegment.ofArray(size);
        words.set(JAVA_SHORT.withByteAlignment(1), 0, (short) rows);
        words.set(JAVA_SHORT.withByteAlignment(1), 2, (short) columns);
        return size;
    }

    /** Returns the rows of {@code struct winsize}. */
    public static int rows(byte[] size) {
        return MemorySegment.ofArray(size).get(JAVA_SHORT.withByteAlignment(1), 0) & 0xffff;
    }

    /** Returns the columns of {@code struct winsize}. */
    public static int columns(byte[] size) {
        return MemorySegment.ofArray(size).get(JAVA_SHORT.withByteAlignment(1), 2) & 0xffff;
    }

    /**
     * Returns {@code struct winsize}.
     *
     * @throws ErrnoException ENOTTY, EIO
     */
    public static byte[] window(int descriptor) {
        return get(descriptor, TIOCGWINSZ, WINDOW_SIZE, "get window size of terminal ");
    }

    /**
     * Sets {@code struct winsize}; a change sends SIGWINCH to the foreground group.
     *
     * @throws ErrnoException ENOTTY, EIO
     */
    public static void window(int descriptor, byte[] size) {
        set(descriptor, TIOCSWINSZ, size, "set window size of terminal ");
    }

    /**
     * Returns the foreground process group of the terminal of a master, in the numbers of the caller's pid name space.
     *
     * @throws ErrnoException ENOTTY, EIO
     */
    public static int foreground(int master) {
        return flags(get(master, TIOCGPGRP, Integer.BYTES, "get foreground group of terminal "), 0);
    }

    /**
     * Returns the device number of the terminal itself, also of a descriptor from {@code /dev/tty}.
     *
     * @throws ErrnoException ENOTTY, EIO
     */
    public static long device(int descriptor) {
        return Integer.toUnsignedLong(flags(get(descriptor, TIOCGDEV, Integer.BYTES, "get number of terminal "), 0));
    }

    /**
     * Adds a byte to the input as if it had been typed.
     *
     * @throws ErrnoException EPERM or EIO without CAP_SYS_ADMIN
     */
    public static void type(int descriptor, byte character) {
        set(descriptor, TIOCSTI, new byte[] {character}, "put back input of terminal ");
    }

    /**
     * Opens a new unlocked pseudo terminal's master, closed at exec.
     *
     * @param multiplexer {@code /dev/ptmx} or that of another devpts
     * @throws ErrnoException ENOSPC, EACCES, ENOENT
     */
    public static int openMaster(String multiplexer) {
        int master = Descriptors.open(multiplexer, Descriptors.O_RDWR | Descriptors.O_NOCTTY);
        set(master, TIOCSPTLCK, new byte[4], "unlock terminal ");
        return master;
    }

    /**
     * Opens the terminal of a master, closed at exec. TIOCGPTPEER alone makes O_CLOEXEC a flag of the open file, so that it
     * shows for all descriptors of it; so it is opened once more.
     *
     * @param master descriptor
     * @param flags {@code O_} constants
     * @throws ErrnoException EIO
     */
    public static int openPeer(int master, int flags) {
        long result =
                Syscalls.call(Nr.IOCTL, master, TIOCGPTPEER, flags | Descriptors.O_NOCTTY | Descriptors.O_CLOEXEC);
        int peer = (int) Syscalls.check("open the terminal of master " + master, result);
        try {
            return Descriptors.reopen(peer, flags | Descriptors.O_NOCTTY);
        } finally {
            Descriptors.close(peer);
        }
    }

    /**
     * Lets reads of the master start with a byte that is 0 before data and else tells what happened.
     *
     * @throws ErrnoException ENOTTY
     */
    public static void packetMode(int master) {
        set(master, TIOCPKT, new byte[] {1, 0, 0, 0}, "set packet mode of terminal ");
    }

    private static byte[] get(int descriptor, long request, int size, String operation) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(Math.max(size, 64), 8);
            Syscalls.check(operation + descriptor, ioctl(descriptor, request, value));
            return value.asSlice(0, size).toArray(JAVA_BYTE);
        }
    }

    private static void set(int descriptor, long request, byte[] bytes, String operation) {
        try (Arena arena = Arena.ofConfined()) {
            Syscalls.check(operation + descriptor, ioctl(descriptor, request, Syscalls.bytes(arena, bytes)));
        }
    }

    private static long ioctl(int descriptor, long request, MemorySegment value) {
        return Syscalls.call(Nr.IOCTL, descriptor, request, value.address());
    }

    /** Returns four bytes of {@code struct termios}. */
    public static int flags(byte[] termios, int offset) {
        return MemorySegment.ofArray(termios).get(JAVA_INT.withByteAlignment(1), offset);
    }

    /** Replaces four bytes of {@code struct termios}. */
    public static void flags(byte[] termios, int offset, int value) {
        MemorySegment.ofArray(termios).set(JAVA_INT.withByteAlignment(1), offset, value);
    }
}
