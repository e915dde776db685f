package org.linuxssi.linux;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** {@code /proc/PID/maps} and {@code /proc/PID/smaps} ({@code proc_pid_maps(5)}). */
public final class ProcFilesMaps {

    private ProcFilesMaps() {}

    /**
     * One mapping.
     *
     * @param start first address
     * @param end address after the last
     * @param permissions as {@code rw-p}
     * @param offset in the file, in bytes
     * @param device as {@code 08:01}, major and minor in hexadecimal
     * @param inode 0 where there is no file
     * @param path of the file, a name in brackets, or empty; newlines are {@code \012}
     * @param flags the two-letter {@code VmFlags} of smaps; empty when read from maps
     */
    public record Mapping(
            long start,
            long end,
            String permissions,
            long offset,
            String device,
            long inode,
            String path,
            Set<String> flags) {

        /** Copies the flags. */
        public Mapping {
            flags = Set.copyOf(flags);
        }

        /** Returns the length in bytes. */
        public long length() {
            return end - start;
        }

        /** Tells whether it may be read. */
        public boolean readable() {
            return permissions.charAt(0) == 'r';
        }

        /** Tells whether it may be written. */
        public boolean writable() {
            return permissions.charAt(1) == 'w';
        }

        /** Tells whether it may be executed. */
        public boolean executable() {
            return permissions.charAt(2) == 'x';
        }

        /** Tells whether stores are seen by others. */
        public boolean shared() {
            return permissions.charAt(3) == 's';
        }

        /** Returns the protection as mmap(2) takes it. */
        public int protection() {
            return (readable() ? 1 : 0) | (writable() ? 2 : 0) | (executable() ? 4 : 0);
        }

        /** Returns this mapping with the flags of another reading. */
        public Mapping withFlags(Set<String> other) {
            return new Mapping(start, end, permissions, offset, device, inode, path, other);
        }
    }

    /**
     * Returns the mappings without flags, by ascending address.
     *
     * @throws ErrnoException ESRCH when there is no such process
     */
    public static List<Mapping> maps(int pid) {
        return parse(ProcFilesReader.text("/proc/" + pid + "/maps"));
    }

    /**
     * Returns the mappings with their flags, by ascending address. The kernel walks all page tables: maps is cheaper.
     *
     * @throws ErrnoException ESRCH when there is no such process
     */
    public static List<Mapping> smaps(int pid) {
        return parse(ProcFilesReader.text("/proc/" + pid + "/smaps"));
    }

    /** Parses the text of either file. */
    public static List<Mapping> parse(String text) {
        List<Mapping> mappings = new ArrayList<>();
        for (int at = 0; at < text.length(); ) {
            int newline = text.indexOf('\n', at);
            int end = newline < 0 ? text.length() : newline;
            if (at < end && isHexadecimal(text.charAt(at))) {
                mappings.add(line(text.substring(at, end)));
            } else if (text.startsWith("VmFlags:", at)) {
                Set<String> flags = Set.of(text.substring(at + 8, end).trim().split(" +"));
                mappings.add(mappings.removeLast().withFlags(flags));
            }
            at = end + 1;
        }
        return List.copyOf(mappings);
    }

    private static boolean isHexadecimal(char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    }

    private static Mapping line(String line) {
        String[] fields = line.split(" +", 6);
        int dash = fields[0].indexOf('-');
        return new Mapping(
                Long.parseUnsignedLong(fields[0].substring(0, dash), 16),
                Long.parseUnsignedLong(fields[0].substring(dash + 1), 16),
                fields[1],
                Long.parseUnsignedLong(fields[2], 16),
                fields[3],
                Long.parseUnsignedLong(fields[4]),
                fields.length > 5 ? fields[5] : "",
                Set.of());
    }
}
