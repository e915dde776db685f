package org.linuxssi.stream;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.Epoll;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Terminals;

/**
 * The master of a pseudo terminal whose terminal the program has.
 *
 * <p>Lines are edited and echoed once, by the original: the stand-in has the same modes and EXTPROC, which tells the
 * kernel to pass input through. It maps no output characters but ends of lines, which is undone here: programs save modes
 * and set them again on other nodes, so they must see the usual ones.
 */
final class TerminalStandIn implements StandIn {

    /** OLCUC, OCRNL, ONOCR, ONLRET, XTABS ({@code asm-generic/termbits.h}). */
    private static final int OUTPUT_MAPPINGS = 0x183a;

    private final int master;
    private final Identity identity;
    private final String name;
    private byte[] modes;
    private boolean modesChanged;

    private TerminalStandIn(int master, Identity identity, String name, byte[] modes) {
        this.master = master;
        this.identity = identity;
        this.name = name;
        this.modes = modes;
    }

    static Made make(StreamTicket ticket, String multiplexer) {
        int master = Terminals.openMaster(multiplexer);
        byte[] modes = standInModes(ticket.modes());
        Terminals.modes(master, modes);
        Terminals.window(master, ticket.window());
        int peer = Terminals.openPeer(master, ticket.flags() & (Descriptors.O_ACCMODE | Descriptors.O_NONBLOCK));
        Terminals.packetMode(master);
        Descriptors.setFlags(master, Descriptors.O_RDWR | Descriptors.O_NONBLOCK);
        return new Made(new TerminalStandIn(master, Identity.of(peer), Holders.name(peer), modes), peer);
    }

    private static byte[] standInModes(byte[] original) {
        byte[] modes = original.clone();
        int output = Terminals.flags(modes, Terminals.OUTPUT_MODES);
        int local = Terminals.flags(modes, Terminals.LOCAL_MODES);
        Terminals.flags(modes, Terminals.OUTPUT_MODES, output & ~OUTPUT_MAPPINGS);
        Terminals.flags(modes, Terminals.LOCAL_MODES, local | Terminals.EXTPROC);
        return modes;
    }

    /**
     * Returns the original's modes after a program changed those of the stand-in. Mappings of output that the program sets
     * are set, as when it restores modes that it saved before it came here; that it clears one cannot be seen.
     *
     * @param original the present modes
     * @param after of the stand-in
     */
    static byte[] originalModes(byte[] original, byte[] after) {
        byte[] modes = after.clone();
        int mappings = Terminals.flags(original, Terminals.OUTPUT_MODES) & OUTPUT_MAPPINGS;
        int external = Terminals.flags(original, Terminals.LOCAL_MODES) & Terminals.EXTPROC;
        int local = (Terminals.flags(after, Terminals.LOCAL_MODES) & ~Terminals.EXTPROC) | external;
        Terminals.flags(modes, Terminals.OUTPUT_MODES, Terminals.flags(after, Terminals.OUTPUT_MODES) | mappings);
        Terminals.flags(modes, Terminals.LOCAL_MODES, local);
        return modes;
    }

    @Override
    public int descriptor() {
        return master;
    }

    @Override
    public Identity identity() {
        return identity;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean reads() {
        return true;
    }

    @Override
    public boolean writes() {
        return true;
    }

    @Override
    public long fromProgram(MemorySegment buffer) {
        while (true) {
            long count = Descriptors.read(master, buffer, buffer.byteSize());
            if (count <= 0) {
                return count;
            }
            byte kind = buffer.get(JAVA_BYTE, 0);
            if (kind == 0 && count > 1) {
                return mapsEndsOfLines() ? withoutMapping(buffer, count) : withoutKind(buffer, count);
            }
            modesChanged |= (kind & Terminals.PACKET_MODES_CHANGED) != 0;
        }
    }

    private static long withoutKind(MemorySegment buffer, long count) {
        MemorySegment.copy(buffer, 1, buffer, 0, count - 1);
        return count - 1;
    }

    private boolean mapsEndsOfLines() {
        int output = Terminals.flags(modesChanged ? Terminals.modes(master) : modes, Terminals.OUTPUT_MODES);
        return (output & Terminals.OPOST) != 0 && (output & Terminals.ONLCR) != 0;
    }

    /** The original will put the same carriage returns before the ends of lines that were put there. */
    private static long withoutMapping(MemorySegment buffer, long count) {
        long to = 0;
        for (long from = 1; from < count; from++) {
            byte character = buffer.get(JAVA_BYTE, from);
            boolean mapped = character == '\r' && from + 1 < count && buffer.get(JAVA_BYTE, from + 1) == '\n';
            if (!mapped) {
                buffer.set(JAVA_BYTE, to++, character);
            }
        }
        return to;
    }

    /** Returns the stand-in's modes when a program changed them since the last call. */
    Optional<byte[]> changedModes() {
        if (!modesChanged) {
            return Optional.empty();
        }
        modesChanged = false;
        byte[] after = Terminals.modes(master);
        if (Arrays.equals(modes, after)) {
            return Optional.empty();
        }
        setModes(after);
        return Optional.of(after);
    }

    /** Gives the stand-in what the original has. */
    void setModes(byte[] original) {
        modes = standInModes(original);
        Terminals.modes(master, modes);
    }

    void setWindow(byte[] size) {
        Terminals.window(master, size);
    }

    @Override
    public long toProgram(MemorySegment buffer, long count) {
        passThrough();
        return Descriptors.write(master, buffer, count);
    }

    /** A program may have set modes a moment ago, without the one that a stand-in needs. */
    private void passThrough() {
        try {
            byte[] now = Terminals.modes(master);
            if ((Terminals.flags(now, Terminals.LOCAL_MODES) & Terminals.EXTPROC) == 0) {
                Terminals.modes(master, standInModes(now));
            }
        } catch (ErrnoException problem) {
            if (problem.errno() != Errno.EIO) {
                throw problem;
            }
        }
    }

    /** Lets one read of the program return 0; all input before must have been read. */
    void endOfInput(MemorySegment buffer) {
        buffer.set(JAVA_BYTE, 0, modes[Terminals.EOF_CHARACTER]);
        Descriptors.write(master, buffer, 1);
    }

    @Override
    public boolean abandoned() {
        return (Epoll.poll(master, Epoll.IN) & Epoll.HUP) != 0;
    }

    @Override
    public long unread(int held) {
        return unread();
    }

    /**
     * Returns the number of bytes that programs did not read yet. The poll makes the kernel deliver first what the master
     * wrote and its work queue still has.
     */
    long unread() {
        try {
            int peer = Terminals.openPeer(master, Descriptors.O_RDONLY | Descriptors.O_NONBLOCK);
            try {
                return (Epoll.poll(peer, Epoll.IN) & Epoll.IN) == 0 ? 0 : Descriptors.readable(peer);
            } finally {
                Descriptors.close(peer);
            }
        } catch (ErrnoException problem) {
            if (problem.errno() == Errno.EIO) {
                return 0;
            }
            throw problem;
        }
    }

    @Override
    public byte[] rescue(int held, MemorySegment buffer) {
        return new byte[0];
    }

    @Override
    public byte[] takeUnread(MemorySegment buffer) {
        try {
            int peer = Terminals.openPeer(master, Descriptors.O_RDONLY | Descriptors.O_NONBLOCK);
            try {
                long count = Math.max(0, Descriptors.read(peer, buffer, buffer.byteSize()));
                return buffer.asSlice(0, count).toArray(JAVA_BYTE);
            } finally {
                Descriptors.close(peer);
            }
        } catch (ErrnoException problem) {
            if (problem.errno() == Errno.EIO) {
                return new byte[0];
            }
            throw problem;
        }
    }

    @Override
    public boolean endReading() {
        return true;
    }

    @Override
    public boolean breakWriting() {
        return true;
    }

    @Override
    public int share(int flags) {
        try {
            return Terminals.openPeer(master, flags & (Descriptors.O_ACCMODE | Descriptors.O_NONBLOCK));
        } catch (ErrnoException _) {
            return -1;
        }
    }

    @Override
    public void close() {
        Descriptors.close(master);
    }
}
