package org.linuxssi.ghost;

import java.util.List;
import java.util.Set;
import org.linuxssi.linux.ProcFilesMaps.Mapping;
import org.linuxssi.tools.Codec;

/**
 * One mapping of an address space.
 *
 * @param start first address
 * @param end address after the last
 * @param protection as mmap(2) takes it
 * @param kind where its content comes from
 * @param offset in the file, in bytes
 * @param path of the file, the name of named anonymous memory, or empty
 * @param advice bits of {@link #ADVICE}, by position
 * @param writableFile whether the file of a shared mapping was opened for writing
 */
record MappingImage(
        long start, long end, int protection, Kind kind, long offset, String path, int advice, boolean writableFile) {

    /** The advice and flags that are restored: the letters of smaps and the number for madvise(2), 0 for other calls. */
    static final List<Advice> ADVICE = List.of(
            new Advice("gd", 0),
            new Advice("lo", 0),
            new Advice("nr", 0),
            new Advice("dc", 10),
            new Advice("mg", 12),
            new Advice("hg", 14),
            new Advice("nh", 15),
            new Advice("dd", 16),
            new Advice("wf", 18),
            new Advice("rr", 1),
            new Advice("sr", 2));

    static final int GROWS_DOWN = 1;
    static final int LOCKED = 2;
    static final int NO_RESERVE = 4;

    private static final int PATH_LIMIT = 8192;
    private static final int LIMIT = 200_000;
    private static final String NAMED = "[anon:";

    /** How the paths of System V shared memory begin. */
    static final String SYSTEM_V = "/SYSV";

    static final Codec<MappingImage> CODEC = Codec.of(
            (m, out) -> out.i64(m.start)
                    .i64(m.end)
                    .i8(m.protection)
                    .constant(m.kind)
                    .i64(m.offset)
                    .text(m.path)
                    .i32(m.advice)
                    .bool(m.writableFile),
            in -> new MappingImage(
                    in.i64(),
                    in.i64(),
                    in.i8(),
                    in.constant(Kind.values()),
                    in.i64(),
                    in.text(PATH_LIMIT),
                    in.i32(),
                    in.bool()));

    static final Codec<List<MappingImage>> LIST =
            Codec.of((list, out) -> out.list(list, CODEC), in -> in.list(LIMIT, CODEC));

    /** A flag of smaps and its advice. */
    record Advice(String letters, int number) {}

    /** Where the content of a mapping comes from. */
    enum Kind {
        /** Zeros, then what was written. */
        ANONYMOUS,
        /** A file, then what was written. */
        PRIVATE_FILE,
        /** A file, to which is written. */
        SHARED_FILE,
        /** The kernel's pages with the clock: vvar and vdso, which are placed together. */
        KERNEL,
        /** A {@link SharedObject}, whose key is the path. */
        OBJECT,
        /** A {@link SharedObject}, whose key is the path, then what was written. */
        PRIVATE_OBJECT,
        /** System V shared memory; its device and number are the path. */
        SEGMENT
    }

    /** Returns the image of a mapping that {@link Preflight} let pass. */
    static MappingImage of(Mapping mapping) {
        return new MappingImage(
                mapping.start(),
                mapping.end(),
                mapping.protection(),
                kind(mapping),
                mapping.inode() == 0 && !isSegment(mapping) ? 0 : mapping.offset(),
                path(mapping),
                advice(mapping.flags()),
                mapping.shared() && mapping.flags().contains("mw"));
    }

    /** Returns the part of anonymous memory from an address on. */
    MappingImage from(long address) {
        return new MappingImage(address, end, protection, kind, offset, path, advice, writableFile);
    }

    private static Kind kind(Mapping mapping) {
        if (mapping.path().startsWith("[v")) {
            return Kind.KERNEL;
        }
        if (isSegment(mapping)) {
            return Kind.SEGMENT;
        }
        if (mapping.inode() == 0) {
            return Kind.ANONYMOUS;
        }
        if (isObject(mapping)) {
            return mapping.shared() ? Kind.OBJECT : Kind.PRIVATE_OBJECT;
        }
        return mapping.shared() ? Kind.SHARED_FILE : Kind.PRIVATE_FILE;
    }

    /** Tells whether it is of a {@link SharedObject}. */
    static boolean isObject(Mapping mapping) {
        return mapping.inode() != 0 && mapping.path().endsWith(SharedObject.DELETED) && !isSegment(mapping);
    }

    /** Tells whether it is System V shared memory; its inode is the number of that, which may be 0. */
    static boolean isSegment(Mapping mapping) {
        return mapping.shared()
                && mapping.path().startsWith(SYSTEM_V)
                && mapping.path().endsWith(SharedObject.DELETED);
    }

    /** Returns the number of System V shared memory. */
    int segment() {
        return Integer.parseInt(path.substring(path.lastIndexOf(':') + 1));
    }

    /** Returns the key of the {@link SharedObject} that it is. */
    static String key(Mapping mapping) {
        return (isSegment(mapping) ? "segment:" : "") + mapping.device() + ":" + mapping.inode();
    }

    /** Returns the link by which the file of a mapping can be opened. */
    static String link(int pid, Mapping mapping) {
        return "/proc/" + pid + "/map_files/" + Long.toHexString(mapping.start()) + "-"
                + Long.toHexString(mapping.end());
    }

    private static String path(Mapping mapping) {
        if (isObject(mapping) || isSegment(mapping)) {
            return key(mapping);
        }
        boolean nameless = mapping.inode() == 0 && !mapping.path().startsWith(NAMED);
        return nameless ? "" : mapping.path();
    }

    private static int advice(Set<String> flags) {
        int bits = 0;
        for (int i = 0; i < ADVICE.size(); i++) {
            if (flags.contains(ADVICE.get(i).letters())) {
                bits |= 1 << i;
            }
        }
        return bits;
    }

    /** Returns the length in bytes. */
    long length() {
        return end - start;
    }

    /** Tells whether it is memory, or of a file, that no directory has. */
    boolean isObject() {
        return kind == Kind.OBJECT || kind == Kind.PRIVATE_OBJECT || kind == Kind.SEGMENT;
    }

    /** Tells whether its pages are in the image. */
    boolean hasPages() {
        return kind == Kind.ANONYMOUS || kind == Kind.PRIVATE_FILE || kind == Kind.PRIVATE_OBJECT;
    }

    /** Returns the name given by prctl(PR_SET_VMA_ANON_NAME), or nothing. */
    String anonymousName() {
        return kind == Kind.ANONYMOUS && path.startsWith(NAMED)
                ? path.substring(NAMED.length(), path.length() - 1)
                : "";
    }

    /** Tells whether the other mapping is this one, but for its end and its protection. */
    boolean continues(MappingImage other) {
        return start == other.start
                && kind == other.kind
                && offset == other.offset
                && path.equals(other.path)
                && advice == other.advice
                && writableFile == other.writableFile;
    }

    /** Tells whether the kernel would make one mapping of this and the next. */
    boolean joins(MappingImage next) {
        return kind == Kind.ANONYMOUS
                && end == next.start
                && next.kind == Kind.ANONYMOUS
                && protection == next.protection
                && path.equals(next.path)
                && advice == next.advice
                && (advice & GROWS_DOWN) == 0;
    }

    /** Returns this mapping up to another end. */
    MappingImage until(long other) {
        return new MappingImage(start, other, protection, kind, offset, path, advice, writableFile);
    }
}
