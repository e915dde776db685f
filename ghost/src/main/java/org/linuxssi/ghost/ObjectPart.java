package org.linuxssi.ghost;

import org.linuxssi.tools.Codec;

/**
 * A part of the content of a {@link SharedObject}. Written and read, never compared: so an array is good enough.
 *
 * @param key of the object
 * @param offset of the first byte
 * @param bytes at most as many as a section of pages has
 */
@SuppressWarnings("ArrayRecordComponent")
record ObjectPart(String key, long offset, byte[] bytes) {

    private static final int KEY = 64;

    static final Codec<ObjectPart> CODEC = Codec.of(
            (part, out) -> out.text(part.key).i64(part.offset).bytes(part.bytes),
            in -> new ObjectPart(in.text(KEY), in.i64(), in.bytes(ImageWriter.PAGES_LIMIT)));
}
