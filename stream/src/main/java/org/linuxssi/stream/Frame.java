package org.linuxssi.stream;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.linuxssi.tools.DecodeException;

/**
 * One step of the relay protocol; {@code docs/architecture/streams.md} gives the conversation.
 *
 * <p>On the wire: length of all that follows in four bytes, type in one, the three numbers in eight each, the bytes;
 * little endian.
 *
 * @param type what it says
 * @param stream number of the anchor on its node (frames to the anchor), else 0
 * @param attachment number of the attachment on the node that uses the stream
 * @param argument serial of a ticket or a count of bytes
 * @param bytes data, at most {@link #LIMIT}
 */
@SuppressWarnings("ArrayRecordComponent") // a value that is never compared
record Frame(Type type, long stream, long attachment, long argument, byte[] bytes) {

    /** The most bytes of data in a frame: a pipe of the largest size, and what was in flight to it. */
    static final int LIMIT = 2 << 20;

    private static final int FIXED = 1 + 3 * 8;
    private static final byte[] NONE = {};
    private static final Type[] TYPES = Type.values();

    /** What a frame says. */
    enum Type {
        /** To the anchor: a stand-in exists; the bytes hold issuer of the ticket and first credit. */
        ATTACH,
        /** To the anchor: the program wrote this. */
        UP,
        /** To the anchor: so many bytes were handed to the program. */
        TAKEN,
        /** To the anchor: the program ended its writing direction. */
        END_UP,
        /** To the anchor: send no more and answer CLOSED; nobody holds the stand-in. */
        CLOSE,
        /** To the anchor: the stand-in is gone; the bytes were not read by anybody. */
        DETACH,
        /** To the anchor: a process leaves with this ticket; send no more and answer PREPARED; the byte is where it goes. */
        PREPARE,
        /** To the anchor: the process has left; the bytes it did not read are its successor's. */
        COMMIT,
        /** To the anchor: the process has left and nobody else holds the stand-in. */
        COMMIT_LAST,
        /** To the anchor: the process stays. */
        ABORT,
        /**
         * To the anchor: programs wait for so many bytes, 0 when none waits any more; for stand-ins filled on demand. The
         * bytes are session and process group of who waits, 4 bytes each, where that matters.
         */
        WANT,
        /** To the anchor: nobody reads these bytes here; so many of them had not been handed to the program. */
        GIVE_BACK,
        /** To the anchor: the program changed the terminal's modes to these. */
        MODES_UP,
        /** To the user: bytes for the program. */
        DOWN,
        /** To the user: so many bytes reached the original. */
        WRITTEN,
        /** To the user: the original is at its end. */
        END_DOWN,
        /** To the user: the original takes no more (EPIPE). */
        BROKEN,
        /** To the user: there is no such stream any more. */
        GONE,
        /** To the user: all that was sent before CLOSE has arrived. */
        CLOSED,
        /** To the user: all that was sent before PREPARE has arrived. */
        PREPARED,
        /** To the user: bytes come as they are there (1), as only its programs can read them, or when wanted (0). */
        AHEAD,
        /** To the user: the end-of-file character was typed. */
        END_OF_INPUT,
        /** To the user: the window size of the terminal. */
        WINDOW,
        /** To the user: the modes of the terminal. */
        MODES_DOWN
    }

    static Frame of(Type type, long stream, long attachment, long argument) {
        return new Frame(type, stream, attachment, argument, NONE);
    }

    /** Returns the bytes on the wire. */
    @SuppressWarnings("EnumOrdinal") // the order of the types is part of the protocol
    ByteBuffer encode() {
        ByteBuffer out = ByteBuffer.allocate(4 + FIXED + bytes.length).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(FIXED + bytes.length).put((byte) type.ordinal());
        out.putLong(stream).putLong(attachment).putLong(argument).put(bytes);
        return out.flip();
    }

    /** Returns the length announced by the first four bytes, checked. */
    static int length(int announced) {
        if (announced < FIXED || announced > FIXED + LIMIT) {
            throw new DecodeException(0, "frame of " + announced + " bytes");
        }
        return announced;
    }

    /** Reads a frame from the bytes after the length. */
    static Frame decode(ByteBuffer in) {
        in.order(ByteOrder.LITTLE_ENDIAN);
        int type = in.get() & 0xff;
        if (type >= TYPES.length) {
            throw new DecodeException(4, type + " is no type of frame");
        }
        long stream = in.getLong();
        long attachment = in.getLong();
        long argument = in.getLong();
        byte[] bytes = new byte[in.remaining()];
        in.get(bytes);
        return new Frame(TYPES[type], stream, attachment, argument, bytes);
    }
}
