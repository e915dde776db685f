package org.linuxssi.ghost;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;

/** The TCP connections of this network name space, as {@code /proc/net/tcp} and {@code tcp6} list them. */
final class TcpTable {

    private static final int LOCAL = 1;
    private static final int REMOTE = 2;
    private static final int INODE = 9;
    private static final int WORD = 4;

    private TcpTable() {}

    /**
     * Looks for an end of a connection.
     *
     * @return its inode, 0 when no process has it; nothing when there is no such end
     */
    static OptionalLong inode(byte[] local, byte[] remote) {
        return Stream.of("tcp", "tcp6")
                .flatMap(table ->
                        lines(Path.of("/proc/self/net", table)).stream().skip(1))
                .map(line -> line.strip().split("\\s+"))
                .filter(fields -> fields.length > INODE && is(fields[LOCAL], local) && is(fields[REMOTE], remote))
                .mapToLong(fields -> Long.parseLong(fields[INODE]))
                .findFirst();
    }

    private static List<String> lines(Path table) {
        try {
            return Files.readAllLines(table);
        } catch (IOException problem) {
            throw new ErrnoException("read " + table + ", " + problem.getMessage(), Errno.EIO);
        }
    }

    /** Tells whether a field as {@code 0100007F:1F90} is an address; its host consists of words in the order of this machine. */
    private static boolean is(String field, byte[] address) {
        int colon = field.indexOf(':');
        byte[] words = HexFormat.of().parseHex(field.substring(0, colon));
        byte[] host = new byte[words.length];
        for (int i = 0; i < words.length; i++) {
            host[i] = words[i - i % WORD + WORD - 1 - i % WORD];
        }
        return Integer.parseInt(field.substring(colon + 1), 16) == SocketNames.port(address)
                && Arrays.equals(SocketNames.plain(host), SocketNames.host(address));
    }
}
