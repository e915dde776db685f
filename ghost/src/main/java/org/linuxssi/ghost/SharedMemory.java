package org.linuxssi.ghost;

import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/** The content of shared memory as an image of its own: all but what was never written. */
public final class SharedMemory {

    private SharedMemory() {}

    /**
     * Writes the content.
     *
     * @param descriptor of ours for the memory
     * @return the bytes written
     */
    public static long save(int descriptor, WritableByteChannel image) throws IOException {
        return SharedObject.of("", "", descriptor).write(descriptor, image);
    }

    /**
     * Fills empty memory.
     *
     * @param descriptor of ours for the memory, which can be written to
     * @param image what {@link #save} wrote
     * @throws IOException when it is damaged, or of larger memory
     */
    public static void restore(int descriptor, ReadableByteChannel image) throws IOException {
        SharedObject.of("", "", descriptor).fill(descriptor, new ImageReader(image));
    }
}
