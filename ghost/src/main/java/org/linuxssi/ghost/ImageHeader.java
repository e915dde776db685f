package org.linuxssi.ghost;

import org.linuxssi.tools.Codec;

/**
 * The start of an image.
 *
 * @param magic tells images from other bytes
 * @param pid in the pid name space of the container
 * @param xstateBytes size of the extended state of the CPU
 */
record ImageHeader(long magic, int pid, int xstateBytes) {

    static final long MAGIC = 0x74736f68_4953534cL;

    static final Codec<ImageHeader> CODEC = Codec.of(
            (h, out) -> out.i64(h.magic).i32(h.pid).i32(h.xstateBytes),
            in -> new ImageHeader(in.i64(), in.i32(), in.i32()));
}
