package org.linuxssi.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Writes messages to the device. */
final class FuseChannel {

    private final FuseDevice device;

    FuseChannel(FuseDevice device) {
        this.device = device;
    }

    /**
     * Sends a message.
     *
     * @param unique number of the request answered, 0 for a notification
     * @param error negated error number of a reply, code of a notification
     * @return 0 or a negated error number
     */
    long send(long unique, int error, FuseOut out) {
        MemorySegment message = out.finish(unique, error, 0);
        return Syscalls.call(Nr.WRITE, device.fd(), message.address(), message.byteSize());
    }

    /** Sends a message that ends with native data, without copying it. */
    long send(long unique, int error, FuseOut out, MemorySegment data) {
        MemorySegment head = out.finish(unique, error, data.byteSize());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment vector = arena.allocate(32, 8);
            vector.setAtIndex(JAVA_LONG, 0, head.address());
            vector.setAtIndex(JAVA_LONG, 1, head.byteSize());
            vector.setAtIndex(JAVA_LONG, 2, data.address());
            vector.setAtIndex(JAVA_LONG, 3, data.byteSize());
            return Syscalls.call(Nr.WRITEV, device.fd(), vector.address(), 2);
        }
    }
}
