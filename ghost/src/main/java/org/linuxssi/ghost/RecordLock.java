package org.linuxssi.ghost;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.linuxssi.ghost.spi.OpenFile;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.PtraceScratch;
import org.linuxssi.tools.Codec;

/**
 * A lock on a part of a file ({@code fcntl(2)}): of the process, or of the open file.
 *
 * @param descriptor by which it was taken
 * @param ofDescription whether it belongs to the open file (F_OFD_SETLK)
 * @param exclusive whether nobody else may have one
 * @param start first byte
 * @param length in bytes; 0 for all up to the end
 */
record RecordLock(int descriptor, boolean ofDescription, boolean exclusive, long start, long length) {

    private static final int UNLOCK = 2;
    private static final int F_SETLK = 6;
    private static final int F_OFD_SETLK = 37;
    private static final int LIMIT = 1 << 20;
    private static final Pattern LINE =
            Pattern.compile("lock:\\s+\\d+: (POSIX|OFDLCK) +\\S+ +(READ|WRITE) +\\S+ \\S+ (\\d+) (\\d+|EOF)");

    static final Codec<RecordLock> CODEC = Codec.of(
            (it, out) -> out.i32(it.descriptor)
                    .bool(it.ofDescription)
                    .bool(it.exclusive)
                    .i64(it.start)
                    .i64(it.length),
            in -> new RecordLock(in.length(LIMIT), in.bool(), in.bool(), in.i64(), in.i64()));

    /**
     * Returns those that can be taken by a descriptor. The kernel tells those of the process by all descriptors that it has for the
     * file, also by some that were opened for less.
     */
    static List<RecordLock> of(OpenFile file) {
        int mode = file.flags() & Descriptors.O_ACCMODE;
        return all(file).stream()
                .filter(lock -> mode != (lock.exclusive() ? Descriptors.O_RDONLY : Descriptors.O_WRONLY))
                .toList();
    }

    /** Returns those that the kernel tells by a descriptor. */
    static List<RecordLock> all(OpenFile file) {
        List<RecordLock> locks = new ArrayList<>();
        for (String line : file.extra()) {
            Matcher lock = LINE.matcher(line.strip());
            if (lock.matches()) {
                long start = Long.parseLong(lock.group(3));
                boolean open = lock.group(4).equals("EOF");
                locks.add(new RecordLock(
                        file.fd(),
                        lock.group(1).equals("OFDLCK"),
                        lock.group(2).equals("WRITE"),
                        start,
                        open ? 0 : Long.parseLong(lock.group(4)) - start + 1));
            }
        }
        return locks;
    }

    /** Tells whether there is one that belongs to the open file, with all processes that have that. */
    static boolean ofDescription(OpenFile file) {
        return all(file).stream().anyMatch(RecordLock::ofDescription);
    }

    /** Has the process that has the descriptor take it again, or let go; {@code struct flock} has no words but the last two. */
    void add(PtraceScratch.Table table, boolean release) {
        long kind = release ? UNLOCK : exclusive ? 1 : 0;
        table.add(Nr.FCNTL, descriptor, ofDescription ? F_OFD_SETLK : F_SETLK, table.words(kind, start, length, 0));
    }
}
