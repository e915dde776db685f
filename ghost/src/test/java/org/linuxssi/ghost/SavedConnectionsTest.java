package org.linuxssi.ghost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.Sockets;
import org.linuxssi.linux.StreamSockets;

/** TCP connections of this process that are saved and made again in the place of the originals. */
class SavedConnectionsTest extends SocketImages {

    /** Returns a server, and a connection to it: the end that connected and the accepted one. */
    private int[] connection(int domain) {
        int server = socket(domain, Sockets.SOCK_STREAM);
        byte[] any = new byte[domain == Sockets.AF_INET ? 16 : 28];
        any[0] = (byte) domain;
        Sockets.bind(server, any, "any");
        Sockets.listen(server, 5);
        int client = socket(domain, Sockets.SOCK_STREAM);
        Sockets.connect(client, loopback(domain, Sockets.local(server)), "the server");
        return new int[] {server, client, keep(Sockets.accept(server))};
    }

    @ParameterizedTest
    @ValueSource(ints = {Sockets.AF_INET, Sockets.AF_INET6})
    void aTcpConnectionGoesOnWithWhatItHeld(int domain) {
        int[] ends = connection(domain);
        Sockets.setNumber(ends[1], 6, 1, 1);
        Sockets.setNumber(ends[1], Sockets.SOL_SOCKET, SocketOptions.SO_REUSEADDR, 1);
        byte[] from = Sockets.local(ends[1]);
        byte[] to = Sockets.local(ends[2]);
        send(ends[1], "to the server");
        send(ends[2], "to the client");
        SharedFiles image = save(ends);
        assertThat(receive(ends[2])).isEqualTo("to the server");
        assertThat(receive(ends[1])).isEqualTo("to the client");
        assertThat(Sockets.number(ends[1], Sockets.SOL_SOCKET, SocketOptions.SO_REUSEADDR))
                .isOne();
        end(ends);

        int[] made = restore(image);
        assertThat(Sockets.local(made[1])).isEqualTo(from);
        assertThat(Sockets.remote(made[1])).hasValue(to);
        assertThat(Sockets.remote(made[2])).hasValue(from);
        assertThat(Sockets.number(made[1], 6, 1)).isOne();
        assertThat(Sockets.number(made[1], Sockets.SOL_SOCKET, SocketOptions.SO_REUSEADDR))
                .isOne();
        assertThat(Sockets.number(made[2], 6, 1)).isZero();
        send(made[1], ", and more");
        assertThat(received(made[2], 23)).isEqualTo("to the server, and more");
        assertThat(receive(made[1])).isEqualTo("to the client");
        assertThat(receive(made[1])).isEqualTo(Errno.EAGAIN.toString());
        int next = socket(domain, Sockets.SOCK_STREAM);
        Sockets.connect(next, to, "the server");
        assertThat(Sockets.remote(keep(Sockets.accept(made[0])))).hasValue(Sockets.local(next));
    }

    @Test
    void whatIsUnderWayArrivesOnce() {
        int[] ends = connection(Sockets.AF_INET);
        String sent = fill(ends[1]);
        assertThat(Sockets.unsent(ends[1])).isPositive();
        SharedFiles first = save(ends);
        end(ends);
        SharedFiles second = save(restore(first));
        opened.forEach(Descriptors::close);
        opened.clear();
        int[] made = restore(second);
        assertThat(received(made[2], sent.length()).equals(sent)).isTrue();
        assertThat(fill(made[2])).isNotEmpty();
    }

    /** Receives at least so many characters. */
    private static String received(int descriptor, int characters) {
        StringBuilder received = new StringBuilder();
        await().pollDelay(Duration.ZERO).untilAsserted(() -> {
            String part = receive(descriptor);
            received.append(part.equals(Errno.EAGAIN.toString()) ? "" : part);
            assertThat(received.length()).isGreaterThanOrEqualTo(characters);
        });
        return received.toString();
    }

    /** Sends numbers until no more are taken. */
    private static String fill(int descriptor) {
        StringBuilder sent = new StringBuilder();
        for (int number = 0; ; number++) {
            byte[] text = (number + "\n").repeat(1000).getBytes(StandardCharsets.UTF_8);
            long count = Sockets.send(descriptor, text, Optional.empty());
            if (count < 0) {
                return sent.toString();
            }
            sent.append(new String(text, 0, (int) count, StandardCharsets.UTF_8));
        }
    }

    @Test
    void aTcpConnectionThatSendsNothingMoreIsStillReceivedFrom() {
        int[] ends = connection(Sockets.AF_INET);
        send(ends[1], "the last words");
        StreamSockets.shutdown(ends[1], StreamSockets.SHUT_WR);
        SharedFiles image = save(ends);
        end(ends);
        int[] made = restore(image);
        assertThat(receive(made[2])).isEqualTo("the last words");
        await().untilAsserted(() -> assertThat(receive(made[2])).isEmpty());
        send(made[2], "answer");
        assertThat(received(made[1], 6)).isEqualTo("answer");
        assertThat(Sockets.send(made[1], new byte[1], Optional.empty())).isEqualTo(-Errno.EPIPE.number());
    }

    @Test
    void aTcpConnectionWhosePeerIsClosedHasWhatItReceived() {
        int[] ends = connection(Sockets.AF_INET);
        send(ends[1], "the last words");
        end(ends[1]);
        await().untilAsserted(() -> assertThat(refusal(ends[2])).isEmpty());
        SharedFiles image = save(ends[0], ends[2]);
        end(ends[0], ends[2]);
        int[] made = restore(image);
        assertThat(received(made[1], 14)).isEqualTo("the last words");
        await().untilAsserted(() -> assertThat(receive(made[1])).isEmpty());
    }

    @Test
    void aTcpConnectionThatBothHaveEndedHasWhatItReceived() {
        int[] ends = connection(Sockets.AF_INET6);
        send(ends[1], "words");
        StreamSockets.shutdown(ends[1], StreamSockets.SHUT_WR);
        StreamSockets.shutdown(ends[2], StreamSockets.SHUT_WR);
        end(ends[1]);
        await().untilAsserted(() -> assertThat(Sockets.remote(ends[2])).isEmpty());
        SharedFiles image = save(ends[0], ends[2]);
        end(ends[0], ends[2]);
        int[] made = restore(image);
        assertThat(received(made[1], 5)).isEqualTo("words");
        await().untilAsserted(() -> assertThat(receive(made[1])).isEmpty());
        assertThat(Sockets.send(made[1], new byte[1], Optional.empty())).isEqualTo(-Errno.EPIPE.number());
    }

    @Test
    void aConnectionThatWaitsIsAccepted() {
        int[] ends = connection(Sockets.AF_INET);
        byte[] to = Sockets.local(ends[2]);
        int waits = socket(Sockets.AF_INET, Sockets.SOCK_STREAM);
        Sockets.connect(waits, to, "the server");
        byte[] from = Sockets.local(waits);
        SharedFiles image = save(waits, ends[0]);
        send(waits, "something");
        await().untilAsserted(() -> assertThat(refusal(waits)).isPresent());
        end(ends);
        end(waits);
        int[] made = restore(image);
        int accepted = keep(Sockets.accept(made[1]));
        assertThat(Sockets.remote(accepted)).hasValue(from);
        send(made[0], "something");
        assertThat(received(accepted, 9)).isEqualTo("something");
    }
}
