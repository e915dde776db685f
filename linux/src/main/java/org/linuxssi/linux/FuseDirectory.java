package org.linuxssi.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/**
 * Part of a listing, as long as the reader's buffer.
 *
 * <pre>{@code
 * FuseDirectory out = FuseDirectory.of(request);
 * while (names.hasNext() && out.add(names.peek(), type, ino, nextOffset)) names.next();
 * reply.directory(out);
 * }</pre>
 */
public final class FuseDirectory {

    private final FuseOut out;
    private final boolean plus;
    private final int limit;

    private FuseDirectory(int limit, boolean plus) {
        this.out = new FuseOut(Math.min(limit, 1 << 20));
        this.limit = limit;
        this.plus = plus;
    }

    /** Makes an empty listing for this request. */
    public static FuseDirectory of(FuseRequest.ReadDir request) {
        return new FuseDirectory(request.size(), request.plus());
    }

    /**
     * Adds a name that the kernel looks up when it needs it.
     *
     * @param name one char a byte
     * @param type {@link FuseAttr#direntType()}
     * @param ino number shown in the listing
     * @param next offset from which the listing goes on after this name, not 0
     * @return false when there is no room for it
     */
    public boolean add(String name, int type, long ino, long next) {
        if (!fits(name)) {
            return false;
        }
        if (plus) {
            out.zero(FuseAbi.ENTRY_OUT);
        }
        dirent(name, type, ino, next);
        return true;
    }

    /**
     * Adds a name with its entry, which counts as a lookup when the kernel asked for READDIRPLUS; else only the name.
     *
     * @return false when there is no room for it
     */
    public boolean add(String name, FuseEntry entry, long next) {
        return add(name, entry.attr().direntType(), entry, next);
    }

    /**
     * Adds a name with its entry as {@link #add(String, FuseEntry, long)}, but shows another type in the listing.
     *
     * @param type {@link FuseAttr#direntType()}, or 0 for one that is not told ({@code DT_UNKNOWN})
     */
    public boolean add(String name, int type, FuseEntry entry, long next) {
        if (!fits(name)) {
            return false;
        }
        if (plus) {
            out.entry(entry);
        }
        dirent(name, type, entry.attr().ino(), next);
        return true;
    }

    /** Tells whether nothing was added. */
    public boolean isEmpty() {
        return out.size() == FuseAbi.OUT_HEADER;
    }

    private boolean fits(String name) {
        int needed = (plus ? FuseAbi.ENTRY_OUT : 0) + padded(FuseAbi.DIRENT + name.length());
        return out.size() - FuseAbi.OUT_HEADER + needed <= limit;
    }

    private static int padded(int size) {
        return (size + 7) & -8;
    }

    private void dirent(String name, int type, long ino, long next) {
        byte[] bytes = name.getBytes(StandardCharsets.ISO_8859_1);
        out.i64(ino).i64(next).i32(bytes.length).i32(type).bytes(MemorySegment.ofArray(bytes));
        out.zero(padded(FuseAbi.DIRENT + bytes.length) - FuseAbi.DIRENT - bytes.length);
    }

    FuseOut out() {
        return out;
    }

    /** Returns the encoded names, for tests. */
    public byte[] toBytes() {
        MemorySegment all = out.segment();
        return all.asSlice(FuseAbi.OUT_HEADER).toArray(JAVA_BYTE);
    }
}
