package org.linuxssi.control;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.Syscalls;
import org.linuxssi.linux.UnixSocket;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.DecodeException;
import org.linuxssi.tools.Decoder;
import org.linuxssi.tools.Encoder;

/**
 * Messages on a stream socket: a header of 8 bytes (the letters {@code KS}, the version, the number of descriptors, the
 * length in four bytes), then the payload. The descriptors travel with the header.
 */
final class Frames implements AutoCloseable {

    /** The protocol's version: both sides come from one release. */
    static final int VERSION = 1;

    /** The most bytes of a payload. */
    static final int LIMIT = 16 << 20;

    private static final int HEADER = 8;
    private static final int MAGIC = 'K' | 'S' << 8;

    private final UnixSocket socket;

    Frames(UnixSocket socket) {
        this.socket = socket;
    }

    /** One message and what came with it. */
    record Frame<T>(T message, List<Integer> descriptors) {}

    UnixSocket socket() {
        return socket;
    }

    /** Sends one message; many threads may call. */
    <T> void send(T message, Codec<T> codec, List<Integer> descriptors) {
        Encoder payload = new Encoder().i16(MAGIC).i8(VERSION).i8(descriptors.size());
        Encoder body = new Encoder();
        codec.encode(message, body);
        if (body.size() > LIMIT) {
            throw new IllegalArgumentException("message of " + body.size() + " bytes, a frame holds at most " + LIMIT);
        }
        byte[] bytes = body.toBytes();
        payload.i32(bytes.length).raw(bytes, 0, bytes.length);
        synchronized (this) {
            socket.send(payload.view(), descriptors);
        }
    }

    /**
     * Waits for one message.
     *
     * @return empty at the end of the stream
     * @throws DecodeException when the bytes are not a frame of this version
     */
    <T> Optional<Frame<T>> receive(Codec<T> codec) {
        List<Integer> descriptors = new ArrayList<>();
        try {
            Optional<T> message = receive(codec, descriptors);
            if (message.isEmpty()) {
                close(descriptors);
            }
            return message.map(present -> new Frame<>(present, List.copyOf(descriptors)));
        } catch (RuntimeException problem) {
            close(descriptors);
            throw problem;
        }
    }

    private <T> Optional<T> receive(Codec<T> codec, List<Integer> descriptors) {
        byte[] header = new byte[HEADER];
        if (!fill(header, descriptors)) {
            return Optional.empty();
        }
        Decoder in = new Decoder(header);
        int magic = in.i16();
        int version = in.i8();
        if (magic != MAGIC || version != VERSION) {
            throw new DecodeException(0, "version " + version + " of the control protocol, here is version " + VERSION);
        }
        int count = in.i8();
        byte[] payload = new byte[in.length(LIMIT)];
        if (!fill(payload, descriptors) || descriptors.size() != count) {
            throw new DecodeException(HEADER, "a frame was cut, or lost descriptors");
        }
        return Optional.of(codec.fromBytes(payload));
    }

    private boolean fill(byte[] bytes, List<Integer> descriptors) {
        MemorySegment into = MemorySegment.ofArray(bytes);
        long at = 0;
        while (at < bytes.length) {
            UnixSocket.Received received = socket.receive(into.asSlice(at));
            descriptors.addAll(received.descriptors());
            if (descriptors.size() > UnixSocket.DESCRIPTORS) {
                throw new DecodeException(at, "more than " + UnixSocket.DESCRIPTORS + " descriptors");
            }
            if (received.count() == 0) {
                return false;
            }
            at += received.count();
        }
        return true;
    }

    static void close(List<Integer> descriptors) {
        descriptors.forEach(descriptor -> Syscalls.call(Nr.CLOSE, descriptor));
    }

    @Override
    public void close() {
        socket.close();
    }
}
