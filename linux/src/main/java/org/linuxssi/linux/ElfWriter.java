package org.linuxssi.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Writes a static x86-64 executable of one code segment (read, execute) and one data segment (read, write), as described
 * by {@code elf(5)} and {@code linux/elf.h}. The file is: header, program headers, code up to the first page, then data.
 */
final class ElfWriter {

    /** Bytes of a page, and where the data begins in the file and above the base address. */
    static final int PAGE = 4096;

    private static final int HEADER = 64;
    private static final int PROGRAM_HEADER = 56;
    private static final int PROGRAM_HEADERS = 3;
    private static final int CODE_AT = HEADER + PROGRAM_HEADERS * PROGRAM_HEADER;

    private static final int PT_LOAD = 1;
    private static final int PT_GNU_STACK = 0x6474e551;
    private static final int PF_X = 1;
    private static final int PF_W = 2;
    private static final int PF_R = 4;

    private ElfWriter() {}

    /**
     * Returns the bytes of the file.
     *
     * @param base where the file's first byte is mapped; a multiple of the page
     * @param code machine code, entered at its first byte
     * @param data first bytes of the data segment, which is mapped at {@code base + PAGE}
     * @param room bytes of the whole data segment; those after {@code data} are zero
     */
    static byte[] write(long base, byte[] code, byte[] data, long room) {
        if (CODE_AT + code.length > PAGE) {
            throw new IllegalArgumentException("code of " + code.length + " bytes does not fit one page");
        }
        ByteBuffer out = ByteBuffer.allocate(PAGE + data.length).order(ByteOrder.LITTLE_ENDIAN);
        header(out, base + CODE_AT);
        segment(out, PT_LOAD, PF_R | PF_X, 0, base, CODE_AT + code.length, CODE_AT + code.length);
        segment(out, PT_LOAD, PF_R | PF_W, PAGE, base + PAGE, data.length, room);
        segment(out, PT_GNU_STACK, PF_R | PF_W, 0, 0, 0, 0);
        out.put(code).position(PAGE).put(data);
        return out.array();
    }

    private static void header(ByteBuffer out, long entry) {
        out.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1, 0}).putLong(0);
        out.putShort((short) 2).putShort((short) 62).putInt(1);
        out.putLong(entry).putLong(HEADER).putLong(0).putInt(0);
        out.putShort((short) HEADER).putShort((short) PROGRAM_HEADER).putShort((short) PROGRAM_HEADERS);
        out.putShort((short) 64).putShort((short) 0).putShort((short) 0);
    }

    private static void segment(
            ByteBuffer out, int type, int flags, long offset, long address, long inFile, long inMemory) {
        out.putInt(type).putInt(flags).putLong(offset).putLong(address).putLong(address);
        out.putLong(inFile).putLong(inMemory).putLong(PAGE);
    }
}
