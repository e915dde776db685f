package org.linuxssi.ghost;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.linuxssi.ghost.SavedSocket.Bound;
import org.linuxssi.ghost.spi.OpenFile;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.ProcFilesStat;
import org.linuxssi.linux.Sockets;

/**
 * The name of a socket of the Unix domain. Never compared: so an array is good enough.
 *
 * @param name path or abstract name, without the family; empty for none
 * @param file the file that is there; nothing when it is deleted, or for other names
 * @param refusal why it can't be bound so again
 */
@SuppressWarnings("ArrayRecordComponent")
record SocketNames(byte[] name, Optional<Bound> file, Optional<String> refusal) {

    private static final int FAMILY = 2;
    private static final String DELETED = " (deleted)";

    /** Looks at the name of a socket and at its file. */
    static SocketNames of(OpenFile socket, int descriptor) {
        byte[] name = name(Sockets.local(descriptor));
        if (name.length == 0 || name[0] == 0) {
            return new SocketNames(name, Optional.empty(), Optional.empty());
        }
        Optional<Integer> opened = Sockets.boundFile(descriptor);
        if (opened.isEmpty()) {
            return new SocketNames(name, Optional.empty(), Optional.empty());
        }
        try {
            return named(name, socket.pid(), opened.get());
        } finally {
            Descriptors.close(opened.get());
        }
    }

    private static SocketNames named(byte[] name, int pid, int file) {
        String path = ProcFiles.link((int) ProcessHandle.current().pid(), "fd/" + file);
        String text = new String(name, StandardCharsets.UTF_8);
        if (path.endsWith(DELETED)) {
            return new SocketNames(name, Optional.empty(), Optional.empty());
        }
        String directory = directory(path, text);
        Optional<ProcFilesStat> there = ProcFilesStat.of("/proc/" + pid + "/root" + directory + text);
        Map<String, Object> status = status(file);
        boolean same = there.isPresent()
                && ((Number) status.getOrDefault("ino", 0L)).longValue()
                        == there.get().inode();
        if (!same) {
            return new SocketNames(
                    name,
                    Optional.empty(),
                    Optional.of("it was bound to " + text + ", and its file is " + path + " now"));
        }
        return new SocketNames(
                name,
                Optional.of(new Bound(
                        directory, number(status, "mode") & 07777, number(status, "uid"), number(status, "gid"))),
                Optional.empty());
    }

    /** Returns where a relative name begins, as far as the path of its file tells. */
    private static String directory(String path, String name) {
        if (name.startsWith("/")) {
            return "";
        }
        String end = "/" + Path.of(name).normalize();
        return path.endsWith(end) ? path.substring(0, path.length() - end.length()) + "/" : "/";
    }

    /** Returns what stat(2) tells of a descriptor of ours. */
    static Map<String, Object> status(int descriptor) {
        try {
            return Files.readAttributes(Path.of("/proc/self/fd/" + descriptor), "unix:*");
        } catch (IOException problem) {
            throw new ErrnoException("stat descriptor " + descriptor + ", " + problem.getMessage(), Errno.EIO);
        }
    }

    static int number(Map<String, Object> status, String name) {
        return ((Number) status.getOrDefault(name, 0)).intValue();
    }

    /** Returns the name in an address of the Unix domain; a path is without the zero at its end. */
    static byte[] name(byte[] address) {
        if (address.length <= FAMILY) {
            return new byte[0];
        }
        int end = address.length;
        while (address[FAMILY] != 0 && address[end - 1] == 0) {
            end--;
        }
        return Arrays.copyOfRange(address, FAMILY, end);
    }

    /** Returns the address with a name. */
    static byte[] address(byte[] name) {
        byte[] address = new byte[FAMILY + name.length];
        address[0] = Sockets.AF_UNIX;
        System.arraycopy(name, 0, address, FAMILY, name.length);
        return address;
    }

    /** Returns the port of an address of the internet; 0 for none. */
    static int port(byte[] address) {
        return address.length < 4 ? 0 : (address[2] & 0xff) << 8 | (address[3] & 0xff);
    }

    /** Returns the bytes of the host of an address of the internet; four also where IPv6 names a host of IPv4. */
    static byte[] host(byte[] address) {
        return plain(plainHost(address));
    }

    /** Returns four bytes where those of IPv6 name a host of IPv4. */
    static byte[] plain(byte[] host) {
        try {
            return InetAddress.getByAddress(host).getAddress();
        } catch (UnknownHostException _) {
            return new byte[0];
        }
    }

    private static byte[] plainHost(byte[] address) {
        boolean six = address.length > 0 && address[0] == Sockets.AF_INET6;
        return six ? Arrays.copyOfRange(address, 8, 24) : Arrays.copyOfRange(address, 4, 8);
    }

    /** Returns an address of the internet for people. */
    static String text(byte[] address) {
        boolean six = address.length > 0 && address[0] == Sockets.AF_INET6;
        try {
            String text = InetAddress.getByAddress(plainHost(address)).getHostAddress();
            return (six ? "[" + text + "]" : text) + ":" + port(address);
        } catch (UnknownHostException | ArrayIndexOutOfBoundsException _) {
            return "an unknown address";
        }
    }
}
