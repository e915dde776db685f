package org.linuxssi.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;

/**
 * Reads and writes a descriptor as it is: one that somebody else opened must not be opened again by its name, which could give
 * more than it allows. It stays the caller's, who closes it. For one thread. Errors are {@link ErrnoException}s.
 */
public final class DescriptorChannel implements ByteChannel {

    private static final int PART = 1 << 16;

    private final int descriptor;
    private final MemorySegment part = Arena.ofAuto().allocate(PART);

    /** Makes the channel. */
    public DescriptorChannel(int descriptor) {
        this.descriptor = descriptor;
    }

    @Override
    public int read(ByteBuffer target) {
        if (!target.hasRemaining()) {
            return 0;
        }
        int count = DescriptorIo.read(descriptor, part.asSlice(0, Math.min(PART, target.remaining())));
        if (count == 0) {
            return -1;
        }
        target.put(part.asSlice(0, count).asByteBuffer());
        return count;
    }

    @Override
    public int write(ByteBuffer source) {
        int count = Math.min(PART, source.remaining());
        MemorySegment bytes = part.asSlice(0, count);
        bytes.asByteBuffer().put(source.slice(source.position(), count));
        DescriptorIo.write(descriptor, bytes);
        source.position(source.position() + count);
        return count;
    }

    /** Waits until what was written is on the device. */
    public void force() {
        Syscalls.check("fsync", Syscalls.call(Nr.FSYNC, descriptor));
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    /** Does nothing. */
    @Override
    public void close() {
        // the descriptor is the caller's
    }
}
