package org.linuxssi.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletableFuture;

/**
 * Single system calls that see another root directory, or are made in the name of another user; each is made by a thread of its own.
 *
 * @param root descriptor of the root directory; negative for our own
 * @param directory descriptor of the working directory; negative for our own
 */
public record RootedCalls(int root, int directory) {

    /** Those in our own directories. */
    public static final RootedCalls HERE = new RootedCalls(-1, -1);

    private static final int CLONE_FS = 0x200;
    private static final int PRIVATE = 077;

    /** Gives a socket an address; a file that this makes is its owner's alone. */
    public void bind(int descriptor, byte[] address, String name) {
        try (Arena arena = Arena.ofShared()) {
            long bytes = Syscalls.bytes(arena, address).address();
            Syscalls.check("bind a socket to " + name, call(Nr.BIND, descriptor, bytes, address.length));
        }
    }

    /** Connects a socket. */
    public void connect(int descriptor, byte[] address, String name) {
        Syscalls.check("connect a socket to " + name, tryConnect(descriptor, address));
    }

    /** Connects a socket; returns 0 or a negated error number. */
    public long tryConnect(int descriptor, byte[] address) {
        try (Arena arena = Arena.ofShared()) {
            return call(Nr.CONNECT, descriptor, Syscalls.bytes(arena, address).address(), address.length);
        }
    }

    /** Returns {@code st_mode} of a path, not of what it points to; 0 when nothing is there. */
    public int mode(byte[] path) {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment stat = arena.allocate(256, 8);
            long name = text(arena, path).address();
            long result = call(Nr.STATX, Fds.AT_FDCWD, name, 0x100, 0x3, stat.address());
            return Syscalls.failed(result) ? 0 : stat.get(JAVA_INT, 28) & 0xffff;
        }
    }

    /** Deletes a name. */
    public void unlink(byte[] path, String name) {
        try (Arena arena = Arena.ofShared()) {
            Syscalls.check("delete " + name, call(Nr.UNLINK, text(arena, path).address()));
        }
    }

    /** Sets owner and permissions of a file. */
    public void own(byte[] path, int uid, int gid, int mode, String name) {
        try (Arena arena = Arena.ofShared()) {
            long bytes = text(arena, path).address();
            Syscalls.check("chown " + name, call(Nr.LCHOWN, bytes, uid, gid));
            Syscalls.check("chmod " + name, call(Nr.CHMOD, bytes, mode));
        }
    }

    private static MemorySegment text(Arena arena, byte[] path) {
        return Syscalls.bytes(arena, java.util.Arrays.copyOf(path, path.length + 1));
    }

    /** Begins to listen in the name of a user, whom those are told who connect. */
    public static void listenAs(int descriptor, int backlog, int uid, int gid) {
        Syscalls.check("listen", onOwnThread(() -> asUser(uid, gid, Nr.LISTEN, descriptor, backlog, 0, 0)));
    }

    /** Connects a socket in the name of a user, whom the other end is told. */
    public static void connectAs(int descriptor, byte[] address, int uid, int gid, String name) {
        try (Arena arena = Arena.ofShared()) {
            long bytes = Syscalls.bytes(arena, address).address();
            Syscalls.check(
                    "connect a socket to " + name,
                    onOwnThread(() -> asUser(uid, gid, Nr.CONNECT, descriptor, bytes, address.length, 0)));
        }
    }

    /** Makes two sockets of the Unix domain that are connected in the name of a user; they are closed at exec. */
    public static StreamSockets.Pair pairAs(int type, int uid, int gid) {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment ends = arena.allocate(JAVA_INT, 2);
            Syscalls.check(
                    "make a pair of sockets",
                    onOwnThread(() -> asUser(
                            uid,
                            gid,
                            Nr.SOCKETPAIR,
                            Sockets.AF_UNIX,
                            type | Descriptors.O_CLOEXEC,
                            0,
                            ends.address())));
            return new StreamSockets.Pair(ends.getAtIndex(JAVA_INT, 0), ends.getAtIndex(JAVA_INT, 1));
        }
    }

    private static long asUser(int uid, int gid, int number, long a, long b, long c, long d) {
        long group = Syscalls.call(Nr.SETRESGID, -1, gid, -1);
        long user = Syscalls.failed(group) ? group : Syscalls.call(Nr.SETRESUID, -1, uid, -1);
        return Syscalls.failed(user) ? user : Syscalls.call(number, a, b, c, d);
    }

    /** Makes any call. */
    long call(int number, long... arguments) {
        return onOwnThread(() -> {
            long entered = enter();
            return Syscalls.failed(entered)
                    ? entered
                    : Syscalls.call(
                            number,
                            at(arguments, 0),
                            at(arguments, 1),
                            at(arguments, 2),
                            at(arguments, 3),
                            at(arguments, 4));
        });
    }

    private static long at(long[] arguments, int index) {
        return index < arguments.length ? arguments[index] : 0;
    }

    private long enter() {
        long entered = Syscalls.call(Nr.UNSHARE, CLONE_FS);
        Syscalls.call(Nr.UMASK, PRIVATE);
        if (!Syscalls.failed(entered) && root >= 0) {
            entered = Syscalls.call(Nr.FCHDIR, root);
            if (!Syscalls.failed(entered)) {
                try (Arena arena = Arena.ofConfined()) {
                    entered = Syscalls.call(Nr.CHROOT, Syscalls.text(arena, ".").address());
                }
            }
        }
        return Syscalls.failed(entered) || directory < 0 ? entered : Syscalls.call(Nr.FCHDIR, directory);
    }

    /** One call and nothing else: the thread may see other files than those that Java needs. */
    private interface Call {
        long make();
    }

    private static long onOwnThread(Call call) {
        return CompletableFuture.supplyAsync(
                        call::make,
                        work -> Thread.ofPlatform().daemon().name("rooted call").start(work))
                .join();
    }
}
