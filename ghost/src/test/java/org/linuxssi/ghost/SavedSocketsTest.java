package org.linuxssi.ghost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.SocketDiag;
import org.linuxssi.linux.Sockets;
import org.linuxssi.linux.StreamSockets;
import org.linuxssi.tools.DecodeException;

/** Sockets of this process that are saved and made again beside the originals, or in their place. */
class SavedSocketsTest extends SocketImages {

    private static final int SO_SNDBUF = 7;
    private static final int SO_KEEPALIVE = 9;
    private static final int SO_REUSEPORT = 15;
    private static final int SO_PASSCRED = 16;
    private static final int SO_RCVTIMEO = 20;
    private static final int SO_PEEK_OFF = 42;

    private static byte[] name(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private byte[] path(String file) {
        return name(directory.resolve(file).toString());
    }

    private int bound(int type, byte[] name) {
        int socket = socket(Sockets.AF_UNIX, type);
        Sockets.bind(socket, SocketNames.address(name), SavedSocket.Unix.called(name));
        return socket;
    }

    private int listening(int type, byte[] name, int backlog) {
        int socket = bound(type, name);
        Sockets.listen(socket, backlog);
        return socket;
    }

    private int connected(int type, byte[] name) {
        int socket = socket(Sockets.AF_UNIX, type);
        Sockets.connect(socket, SocketNames.address(name), SavedSocket.Unix.called(name));
        return socket;
    }

    private static String nameOf(int descriptor) {
        return SavedSocket.Unix.called(SocketNames.name(Sockets.local(descriptor)));
    }

    private static String peerOf(int descriptor) {
        return SavedSocket.Unix.called(
                SocketNames.name(Sockets.remote(descriptor).orElse(new byte[0])));
    }

    @Test
    void bytesOfAStreamWaitInBothEnds() {
        int[] ends = pair(Sockets.SOCK_STREAM);
        send(ends[0], "to the ");
        send(ends[0], "second");
        send(ends[1], "to the first");
        StreamSockets.shutdown(ends[0], StreamSockets.SHUT_WR);
        Descriptors.setFlags(ends[1], Descriptors.O_NONBLOCK);
        Sockets.setNumber(ends[1], Sockets.SOL_SOCKET, SO_SNDBUF, 20_000);
        SharedFiles image = save(ends);
        for (int[] pair : List.of(restore(image), ends)) {
            assertThat(Sockets.number(pair[1], Sockets.SOL_SOCKET, SO_SNDBUF)).isEqualTo(40_000);
            assertThat(Sockets.number(pair[0], Sockets.SOL_SOCKET, SO_SNDBUF))
                    .isEqualTo(Sockets.number(ends[0], Sockets.SOL_SOCKET, SO_SNDBUF));
            assertThat(Sockets.number(pair[0], Sockets.SOL_SOCKET, SO_PEEK_OFF)).isEqualTo(-1);
            assertThat(Descriptors.flags(pair[0]) & Descriptors.O_NONBLOCK).isZero();
            assertThat(Descriptors.flags(pair[1]) & Descriptors.O_NONBLOCK).isNotZero();
            assertThat(receive(pair[1])).isEqualTo("to the second");
            assertThat(receive(pair[1])).isEmpty();
            assertThat(receive(pair[0])).isEqualTo("to the first");
            assertThat(receive(pair[0])).isEqualTo("EAGAIN");
            assertThat(Sockets.send(pair[0], new byte[1], Optional.empty())).isEqualTo(-Errno.EPIPE.number());
            send(pair[1], "more");
            assertThat(receive(pair[0])).isEqualTo("more");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {Sockets.SOCK_DGRAM, Sockets.SOCK_SEQPACKET})
    void messagesKeepTheirBoundaries(int type) {
        int[] ends = pair(type);
        Sockets.setNumber(ends[0], Sockets.SOL_SOCKET, SO_SNDBUF, 400_000);
        String large = "x".repeat(100_000);
        List<String> messages = List.of("one", "", "two", large, "", "three");
        messages.forEach(message -> send(ends[0], message));
        int[] made = restore(save(ends));
        for (int[] pair : List.of(made, ends)) {
            for (String message : messages) {
                assertThat(receive(pair[1])).isEqualTo(message);
            }
            assertThat(receive(pair[1])).isEqualTo("EAGAIN");
            send(pair[1], "back");
            assertThat(receive(pair[0])).isEqualTo("back");
        }
    }

    @Test
    void aSecondImageIsLikeTheFirst() {
        int[] ends = pair(Sockets.SOCK_SEQPACKET);
        send(ends[0], "one");
        send(ends[0], "two");
        assertThat(SharedFiles.CODEC.toBytes(save(ends))).isEqualTo(SharedFiles.CODEC.toBytes(save(ends)));
        int[] again = restore(save(restore(save(ends))));
        assertThat(receive(again[1])).isEqualTo("one");
        assertThat(receive(again[1])).isEqualTo("two");
    }

    @Test
    void aPeerThatIsClosedStaysClosed() {
        int[] ends = pair(Sockets.SOCK_STREAM);
        send(ends[1], "the end");
        end(ends[1]);
        int[] unheard = pair(Sockets.SOCK_SEQPACKET);
        send(unheard[0], "nobody hears this");
        end(unheard[1]);
        int[] datagrams = pair(Sockets.SOCK_DGRAM);
        send(datagrams[1], "last words");
        end(datagrams[1]);
        SharedFiles image = save(ends[0], unheard[0], datagrams[0]);
        for (int[] sockets : List.of(restore(image), new int[] {ends[0], unheard[0], datagrams[0]})) {
            assertThat(receive(sockets[0])).isEqualTo("the end");
            assertThat(receive(sockets[0])).isEmpty();
            assertThat(receive(sockets[1])).isEqualTo("ECONNRESET");
            assertThat(receive(sockets[1])).isEmpty();
            assertThat(receive(sockets[2])).isEqualTo("last words");
            assertThat(receive(sockets[2])).isEqualTo("EAGAIN");
            assertThat(Sockets.send(sockets[2], new byte[1], Optional.empty())).isEqualTo(-Errno.ECONNREFUSED.number());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {Sockets.SOCK_STREAM, Sockets.SOCK_DGRAM})
    void credentialsOfSendersAreKept(int type) {
        int[] ends = pair(type);
        send(ends[0], "before");
        Sockets.setNumber(ends[1], Sockets.SOL_SOCKET, SO_PASSCRED, 1);
        var other = new Sockets.Credentials(SELF, 1234, 4321);
        assertThat(Sockets.send(ends[0], new byte[] {1, 2}, Optional.of(other))).isEqualTo(2);
        send(ends[0], "after");
        for (int[] pair : List.of(restore(save(ends)), ends)) {
            assertThat(receive(pair[1])).isEqualTo("before");
            var waiting = Sockets.peek(pair[1], 100, true).orElseThrow();
            assertThat(waiting.bytes()).containsExactly(1, 2);
            assertThat(waiting.credentials()).contains(other);
            receive(pair[1]);
            assertThat(Sockets.peek(pair[1], 100, true).orElseThrow().credentials())
                    .contains(new Sockets.Credentials(SELF, 0, 0));
        }
    }

    @Test
    void aServerListensAtItsPathAgainWithItsConnections() throws IOException {
        int server = listening(Sockets.SOCK_STREAM, path("server"), 7);
        Files.setPosixFilePermissions(directory.resolve("server"), PosixFilePermissions.fromString("rw-rw-r--"));
        Files.setAttribute(directory.resolve("server"), "unix:uid", 1234);
        int client = connected(Sockets.SOCK_STREAM, path("server"));
        int accepted = keep(Sockets.accept(server));
        Sockets.bind(client, SocketNames.address(path("client")), "client");
        send(client, "request");
        int waiting = connected(Sockets.SOCK_STREAM, path("server"));
        SharedFiles image = save(server, client, accepted, waiting);
        end(server, client, accepted, waiting);
        int[] made = restore(image);
        assertThat(nameOf(made[0])).isEqualTo(directory.resolve("server").toString());
        assertThat(nameOf(made[2])).isEqualTo(nameOf(made[0]));
        assertThat(peerOf(made[1])).isEqualTo(nameOf(made[0]));
        assertThat(peerOf(made[2])).isEqualTo(directory.resolve("client").toString());
        assertThat(Files.getAttribute(directory.resolve("server"), "unix:uid")).isEqualTo(1234);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("server"))))
                .isEqualTo("rw-rw-r--");
        assertThat(directory).isDirectoryContaining("glob:**/client");
        assertThat(receive(made[2])).isEqualTo("request");
        send(made[2], "answer");
        assertThat(receive(made[1])).isEqualTo("answer");
        send(made[3], "hello");
        assertThat(receive(keep(Sockets.accept(made[0])))).isEqualTo("hello");
        long id = Descriptors.status(made[0]).inode();
        assertThat(Objects.requireNonNull(SocketDiag.unix().get(id)).backlog()).isEqualTo(7);
        send(connected(Sockets.SOCK_STREAM, path("server")), "new");
        assertThat(receive(keep(Sockets.accept(made[0])))).isEqualTo("new");
    }

    @Test
    void anAbstractNameIsForItsServerAndThoseItAccepted() {
        byte[] name = name("\0linuxssi-" + directory);
        int server = listening(Sockets.SOCK_SEQPACKET, name, 5);
        int client = connected(Sockets.SOCK_SEQPACKET, name);
        int accepted = keep(Sockets.accept(server));
        send(accepted, "welcome");
        SharedFiles image = save(client, accepted, server);
        assertThatThrownBy(() -> restore(image))
                .hasMessageContaining("@linuxssi-")
                .hasMessageContaining("EADDRINUSE");
        end(server, client, accepted);
        int[] made = restore(image);
        assertThat(peerOf(made[0])).isEqualTo(nameOf(made[2])).isEqualTo(nameOf(made[1]));
        assertThat(receive(made[0])).isEqualTo("welcome");
        send(connected(Sockets.SOCK_SEQPACKET, name), "new");
        assertThat(receive(keep(Sockets.accept(made[2])))).isEqualTo("new");
    }

    @Test
    void datagramsKeepTheirSendersAndOrder() {
        byte[] here = path("receiver");
        byte[] hidden = name("\0linuxssi-sender-" + directory);
        int receiver = bound(Sockets.SOCK_DGRAM, here);
        int named = bound(Sockets.SOCK_DGRAM, path("sender"));
        int secret = bound(Sockets.SOCK_DGRAM, hidden);
        int connected = connected(Sockets.SOCK_DGRAM, here);
        int gone = bound(Sockets.SOCK_DGRAM, path("gone"));
        sendTo(named, "first", here);
        send(connected, "second");
        sendTo(gone, "third", here);
        sendTo(secret, "fourth", here);
        sendTo(receiver, "to the secret one", hidden);
        end(gone);
        SharedFiles image = save(receiver, named, secret, connected);
        end(receiver, named, secret, connected);
        int[] made = restore(image);
        List<String> senders = List.of(directory + "/sender", "", directory + "/gone", "@linuxssi-sender-" + directory);
        for (String sender : senders) {
            var next = Sockets.peek(made[0], 100, false).orElseThrow();
            assertThat(SavedSocket.Unix.called(SocketNames.name(next.from()))).isEqualTo(sender);
            receive(made[0]);
        }
        assertThat(receive(made[2])).isEqualTo("to the secret one");
        send(made[3], "on");
        assertThat(receive(made[0])).isEqualTo("on");
        assertThat(Sockets.remote(made[2])).isEmpty();
    }

    @Test
    void aFileThatIsNoDeadSocketStays() throws IOException {
        int server = listening(Sockets.SOCK_STREAM, path("server"), 1);
        SharedFiles image = save(server);
        assertThatThrownBy(() -> restore(image))
                .isInstanceOf(ErrnoException.class)
                .hasMessageContaining("server, which others use")
                .hasMessageContaining("EADDRINUSE");
        send(connected(Sockets.SOCK_STREAM, path("server")), "it lives");
        assertThat(receive(keep(Sockets.accept(server)))).isEqualTo("it lives");
        end(server);
        Files.delete(directory.resolve("server"));
        Files.writeString(directory.resolve("server"), "dear");
        assertThatThrownBy(() -> restore(image)).hasMessageContaining("EEXIST");
        assertThat(directory.resolve("server")).hasContent("dear");
    }

    @Test
    void nothingIsLeftOfARestoreThatFails() {
        int first = listening(Sockets.SOCK_STREAM, path("first"), 1);
        int second = listening(Sockets.SOCK_STREAM, path("second"), 1);
        SharedFiles image = save(first, second);
        end(first);
        directory.resolve("first").toFile().delete();
        assertThatThrownBy(() -> restore(image)).hasMessageContaining("EADDRINUSE");
        assertThat(directory).isDirectoryNotContaining("glob:**/first").isDirectoryContaining("glob:**/second");
    }

    @Test
    void aSocketWhoseFileIsDeletedHasItsNameOnly() throws IOException {
        int server = listening(Sockets.SOCK_STREAM, path("server"), 1);
        Files.delete(directory.resolve("server"));
        int[] made = restore(save(server));
        assertThat(nameOf(made[0])).isEqualTo(directory.resolve("server").toString());
        assertThat(directory).isEmptyDirectory();
        Files.createFile(directory.resolve("server"));
        assertThat(refusal(server)).isEmpty();
        int renamed = listening(Sockets.SOCK_STREAM, path("renamed"), 1);
        Files.move(directory.resolve("renamed"), directory.resolve("other"));
        assertThat(refusal(renamed).orElseThrow()).contains("it was bound to", "and its file is", "other now");
    }

    @ParameterizedTest
    @ValueSource(ints = {Sockets.AF_INET, Sockets.AF_INET6})
    void aTcpServerListensAgain(int domain) {
        int server = socket(domain, Sockets.SOCK_STREAM);
        Sockets.setNumber(server, Sockets.SOL_SOCKET, SO_KEEPALIVE, 1);
        Sockets.setNumber(server, Sockets.SOL_SOCKET, SO_REUSEPORT, 1);
        Sockets.setNumber(server, 6, 1, 1);
        Sockets.setNumber(server, 6, 5, 33);
        byte[] timeout = new byte[16];
        timeout[0] = 9;
        Sockets.setOption(server, Sockets.SOL_SOCKET, SO_RCVTIMEO, timeout);
        if (domain == Sockets.AF_INET6) {
            Sockets.setNumber(server, 41, 26, 1);
        }
        byte[] any = new byte[domain == Sockets.AF_INET ? 16 : 28];
        any[0] = (byte) domain;
        Sockets.bind(server, any, "any");
        Sockets.listen(server, 17);
        byte[] address = Sockets.local(server);
        int fresh = socket(domain, Sockets.SOCK_STREAM);
        SharedFiles image = save(server, fresh);
        end(server, fresh);
        int[] made = restore(image);
        assertThat(Sockets.local(made[0])).isEqualTo(address);
        assertThat(SocketRules.backlog(made[0])).isEqualTo(17);
        assertThat(Sockets.number(made[0], Sockets.SOL_SOCKET, SO_KEEPALIVE)).isOne();
        assertThat(Sockets.number(made[0], Sockets.SOL_SOCKET, SO_REUSEPORT)).isOne();
        assertThat(Sockets.number(made[0], Sockets.SOL_SOCKET, SocketOptions.SO_REUSEADDR))
                .isZero();
        assertThat(Sockets.number(made[0], 6, 1)).isOne();
        assertThat(Sockets.number(made[0], 6, 5)).isEqualTo(33);
        assertThat(Sockets.option(made[0], Sockets.SOL_SOCKET, SO_RCVTIMEO)).hasValue(timeout);
        assertThat(Sockets.number(made[0], 41, 26)).isEqualTo(domain == Sockets.AF_INET6 ? 1 : -1);
        Sockets.connect(made[1], loopback(domain, address), "the server");
        int accepted = keep(Sockets.accept(made[0]));
        send(made[1], "hello");
        assertThat(receive(accepted)).isEqualTo("hello");
        assertThat(refusal(made[1])).isEmpty();
        int outside = Descriptors.duplicate(accepted);
        try (SavedFiles files = new SavedFiles(false)) {
            files.look(List.of(), true);
            assertThat(files.refusal(OpenFiles.of(SELF, made[1])).orElseThrow())
                    .contains("a TCP connection from ", " to ", ":" + SocketNames.port(address));
        }
        end(outside);
    }

    @Test
    void udpIsBoundAndConnectedAsItWas() {
        byte[] local = {Sockets.AF_INET, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0};
        int server = socket(Sockets.AF_INET, Sockets.SOCK_DGRAM);
        Sockets.bind(server, local, "loopback");
        int client = socket(Sockets.AF_INET, Sockets.SOCK_DGRAM);
        Sockets.setNumber(client, 0, 2, 42);
        Sockets.connect(client, Sockets.local(server), "the server");
        byte[] from = Sockets.local(client);
        byte[] to = Sockets.local(server);
        SharedFiles image = save(server, client);
        end(server, client);
        int[] made = restore(image);
        assertThat(Sockets.local(made[0])).isEqualTo(to);
        assertThat(Sockets.local(made[1])).isEqualTo(from);
        assertThat(Sockets.remote(made[1])).hasValue(to);
        assertThat(Sockets.number(made[1], 0, 2)).isEqualTo(42);
        send(made[1], "datagram");
        assertThat(Sockets.peek(made[0], 100, false).orElseThrow().from()).isEqualTo(from);
        assertThat(receive(made[0])).isEqualTo("datagram");
    }

    @Test
    void otherSocketsAreRefused() {
        assertThat(refusal(socket(16, Sockets.SOCK_DGRAM))).hasValue("a netlink socket is not saved");
        assertThat(refusal(socket(17, Sockets.SOCK_DGRAM))).hasValue("a packet socket is not saved");
    }

    @Test
    void imagesOfSocketsAreReadOrRefused() {
        int[] ends = pair(Sockets.SOCK_SEQPACKET);
        send(ends[0], "one");
        Sockets.setNumber(ends[1], Sockets.SOL_SOCKET, SO_PASSCRED, 1);
        send(ends[0], "two");
        int server = listening(Sockets.SOCK_STREAM, path("server"), 1);
        int udp = socket(Sockets.AF_INET, Sockets.SOCK_DGRAM);
        byte[] good = SharedFiles.CODEC.toBytes(save(ends[0], ends[1], server, udp));
        assertThat(SharedFiles.CODEC.toBytes(SharedFiles.CODEC.fromBytes(good))).isEqualTo(good);
        Random random = new Random(3);
        int refused = 0;
        for (int i = 0; i < 50_000; i++) {
            byte[] bad = good.clone();
            for (int k = 0; k <= random.nextInt(4); k++) {
                bad[random.nextInt(bad.length)] = (byte) random.nextInt(256);
            }
            try {
                SharedFiles.CODEC.fromBytes(bad);
            } catch (DecodeException | IllegalArgumentException expected) {
                refused++;
            }
        }
        assertThat(refused).isPositive();
    }
}
