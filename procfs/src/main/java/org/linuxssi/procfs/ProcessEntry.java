package org.linuxssi.procfs;

import java.util.Optional;
import org.linuxssi.tools.Codec;

/**
 * The files of one process that ps and top read, taken at once.
 *
 * @param pid cluster-wide
 * @param uid owner of its directory: its user, or 0 when it is not dumpable
 * @param gid group of its directory
 * @param stat contents of {@code stat}
 * @param statm contents of {@code statm}
 * @param status contents of {@code status}
 * @param cmdline contents of {@code cmdline}
 */
@SuppressWarnings("ArrayRecordComponent") // carried, never compared
record ProcessEntry(int pid, int uid, int gid, byte[] stat, byte[] statm, byte[] status, byte[] cmdline) {

    static final int CMDLINE_LIMIT = 128 << 10;
    private static final int LIMIT = 16 << 10;

    static final Codec<ProcessEntry> CODEC = Codec.of(
            (entry, out) -> out.i32(entry.pid)
                    .i32(entry.uid)
                    .i32(entry.gid)
                    .bytes(entry.stat)
                    .bytes(entry.statm)
                    .bytes(entry.status)
                    .bytes(entry.cmdline),
            in -> new ProcessEntry(
                    in.i32(),
                    in.i32(),
                    in.i32(),
                    in.bytes(LIMIT),
                    in.bytes(LIMIT),
                    in.bytes(LIMIT),
                    in.bytes(CMDLINE_LIMIT)));

    /** Returns the file of this name, when it is one of those taken. */
    Optional<byte[]> file(String name) {
        return switch (name) {
            case "stat" -> Optional.of(stat);
            case "statm" -> Optional.of(statm);
            case "status" -> Optional.of(status);
            case "cmdline" -> Optional.of(cmdline);
            default -> Optional.empty();
        };
    }
}
