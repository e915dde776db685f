package org.linuxssi.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.linuxssi.stream.StreamCluster.text;
import static org.linuxssi.stream.StreamCluster.write;

import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.Epoll;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Pipes;
import org.linuxssi.tools.NodeId;

@Timeout(20)
class PipeRelayTest {

    private final StreamCluster cluster = new StreamCluster(3);
    private final Pipes.Pipe pipe = Pipes.create();

    @AfterEach
    void stop() {
        cluster.close();
    }

    @Test
    void aWriterElsewhereReachesTheReaderAndItsEnd() {
        int writer = cluster.move(0, 1, pipe.writeEnd());
        write(writer, "hello");
        assertThat(text(pipe.readEnd(), 5)).isEqualTo("hello");
        Descriptors.close(writer);
        assertThat(text(pipe.readEnd(), 5)).isEmpty();
        cluster.awaitNothingHeld();
        Descriptors.close(pipe.readEnd());
    }

    @Test
    void aReaderElsewhereGetsAllAndTheEnd() {
        write(pipe.writeEnd(), "early ");
        int reader = cluster.move(0, 1, pipe.readEnd());
        write(pipe.writeEnd(), "late");
        Descriptors.close(pipe.writeEnd());
        assertThat(text(reader, 100)).isEqualTo("early late");
        cluster.awaitNothingHeld();
        Descriptors.close(reader);
    }

    @Test
    void aWriterKeepsItsOrderOverManyMoves() {
        int writer = pipe.writeEnd();
        int at = 0;
        StringBuilder expected = new StringBuilder();
        for (int step = 0; step < 30; step++) {
            String word = step + " ";
            write(writer, word);
            expected.append(word);
            int to = (at + 1 + step % 2) % 3;
            writer = cluster.move(at, to, writer);
            at = to;
        }
        Descriptors.close(writer);
        assertThat(text(pipe.readEnd(), 1000)).isEqualTo(expected.toString());
        cluster.awaitNothingHeld();
        Descriptors.close(pipe.readEnd());
    }

    @Test
    void unreadBytesFollowTheReader() {
        int reader = cluster.move(0, 1, pipe.readEnd());
        write(pipe.writeEnd(), "abcdefghi");
        assertThat(text(reader, 3)).isEqualTo("abc");
        reader = cluster.move(1, 2, reader);
        assertThat(text(reader, 3)).isEqualTo("def");
        reader = cluster.move(2, 0, reader);
        assertThat(text(reader, 3)).isEqualTo("ghi");
        Descriptors.close(pipe.writeEnd());
        Descriptors.close(reader);
        cluster.awaitNothingHeld();
    }

    @Test
    void atHomeTheOriginalIsUsedAgain() {
        StandIn.Identity original = StandIn.Identity.of(pipe.readEnd());
        int reader = cluster.move(0, 1, pipe.readEnd());
        assertThat(StandIn.Identity.of(reader)).isNotEqualTo(original);
        reader = cluster.move(1, 0, reader);
        assertThat(StandIn.Identity.of(reader)).isEqualTo(original);
        cluster.awaitNothingHeld();
        Descriptors.close(reader);
        Descriptors.close(pipe.writeEnd());
    }

    @Test
    void anAbortedMoveLosesNothing() {
        int reader = cluster.move(0, 1, pipe.readEnd());
        write(pipe.writeEnd(), "one ");
        cluster.tryMove(1, 2, reader, true);
        write(pipe.writeEnd(), "two ");
        cluster.tryMove(1, 0, reader, false);
        write(pipe.writeEnd(), "three");
        Descriptors.close(pipe.writeEnd());
        assertThat(text(reader, 100)).isEqualTo("one two three");
        cluster.awaitNothingHeld();
        Descriptors.close(reader);
    }

    @Test
    void theWriterElsewhereGetsBrokenPipe() {
        int writer = cluster.move(0, 1, pipe.writeEnd());
        Descriptors.close(pipe.readEnd());
        Awaitility.await().until(() -> (Epoll.poll(writer, Epoll.OUT) & Epoll.ERR) != 0);
        assertThatThrownBy(() -> write(writer, "x"))
                .isInstanceOfSatisfying(ErrnoException.class, problem -> assertThat(problem.errno())
                        .isEqualTo(Errno.EPIPE));
        Descriptors.close(writer);
        cluster.awaitNothingHeld();
    }

    @Test
    void theWriterHereGetsBrokenPipeWhenTheReaderElsewhereCloses() {
        int reader = cluster.move(0, 2, pipe.readEnd());
        Descriptors.close(reader);
        Awaitility.await().until(() -> (Epoll.poll(pipe.writeEnd(), Epoll.OUT) & Epoll.ERR) != 0);
        cluster.awaitNothingHeld();
        Descriptors.close(pipe.writeEnd());
    }

    @Test
    void whatAReaderElsewhereDidNotReadIsThereForTheNextOneHere() {
        int other = Descriptors.duplicate(pipe.readEnd());
        write(pipe.writeEnd(), "first\n");
        int reader = cluster.move(0, 1, pipe.readEnd());
        assertThat(text(reader, 6)).isEqualTo("first\n");
        write(pipe.writeEnd(), "second\n");
        Awaitility.await().until(() -> Descriptors.readable(reader) == 7);
        Descriptors.close(reader);
        cluster.awaitNothingHeld();
        assertThat(text(other, 7)).isEqualTo("second\n");
        Descriptors.close(other);
        Descriptors.close(pipe.writeEnd());
    }

    @Test
    void writersShareOnSeveralNodes() {
        int second = Descriptors.duplicate(pipe.writeEnd());
        int third = Descriptors.duplicate(pipe.writeEnd());
        int one = cluster.move(0, 1, pipe.writeEnd());
        int two = cluster.move(0, 2, second);
        write(one, "1");
        write(two, "2");
        write(third, "0");
        Descriptors.close(one);
        Descriptors.close(third);
        write(two, "2");
        Descriptors.close(two);
        assertThat(text(pipe.readEnd(), 10)
                        .chars()
                        .sorted()
                        .mapToObj(Character::toString)
                        .toList())
                .isEqualTo(List.of("0", "1", "2", "2"));
        cluster.awaitNothingHeld();
        Descriptors.close(pipe.readEnd());
    }

    @Test
    void twoWritersOnOneNodeShareTheirStandInAndItsOrder() {
        int second = Descriptors.duplicate(pipe.writeEnd());
        int one = cluster.move(0, 1, pipe.writeEnd());
        int two = cluster.move(0, 1, second);
        for (int i = 0; i < 50; i++) {
            write(one, "a");
            write(two, "b");
        }
        Descriptors.close(one);
        Descriptors.close(two);
        assertThat(text(pipe.readEnd(), 200)).isEqualTo("ab".repeat(50));
        cluster.awaitNothingHeld();
        Descriptors.close(pipe.readEnd());
    }

    @Test
    void flushWaitsForTheOriginal() {
        int writer = cluster.move(0, 1, pipe.writeEnd());
        write(writer, "last words");
        Descriptors.close(writer);
        assertThat(cluster.node(1).flush(Duration.ofSeconds(5))).isTrue();
        assertThat(Descriptors.readable(pipe.readEnd())).isEqualTo(10);
        Descriptors.close(pipe.readEnd());
    }

    @Test
    void flushGivesUpOnAnOriginalThatNobodyReads() {
        int writer = cluster.move(0, 1, pipe.writeEnd());
        write(writer, new byte[Pipes.capacity(writer)]);
        write(writer, new byte[Pipes.capacity(writer)]);
        assertThat(cluster.node(1).flush(Duration.ofSeconds(5))).isTrue();
        Descriptors.close(writer);
        Descriptors.close(pipe.readEnd());
        cluster.awaitNothingHeld();
    }

    @Test
    void theEndOfANodeEndsItsStreams() {
        int reader = cluster.move(0, 1, pipe.readEnd());
        Pipes.Pipe back = Pipes.create();
        int writer = cluster.move(0, 1, back.writeEnd());
        write(pipe.writeEnd(), "last");
        Awaitility.await().until(() -> Descriptors.readable(reader) == 4);
        cluster.kill(0);
        assertThat(text(reader, 100)).isEqualTo("last");
        Awaitility.await().until(() -> (Epoll.poll(writer, Epoll.OUT) & Epoll.ERR) != 0);
        assertThat(cluster.node(1).statistics()).isEqualTo(StreamStatistics.NONE);
        List.of(reader, writer, pipe.writeEnd(), back.readEnd()).forEach(Descriptors::close);
    }

    @Test
    void theEndOfAUsersNodeFreesTheOriginals() {
        int reader = cluster.move(0, 1, pipe.readEnd());
        cluster.kill(1);
        Awaitility.await().until(() -> (Epoll.poll(pipe.writeEnd(), Epoll.OUT) & Epoll.ERR) != 0);
        assertThat(cluster.node(0).statistics()).isEqualTo(StreamStatistics.NONE);
        Descriptors.close(reader);
        Descriptors.close(pipe.writeEnd());
    }

    @Test
    void aLinkThatIsCutForAWhileLosesNothing() {
        int writer = cluster.move(0, 1, pipe.writeEnd());
        write(writer, "before ");
        cluster.network.cut(NodeId.of(0), NodeId.of(1));
        write(writer, "meanwhile ");
        cluster.network.heal(NodeId.of(0), NodeId.of(1));
        write(writer, "after");
        Descriptors.close(writer);
        assertThat(text(pipe.readEnd(), 100)).isEqualTo("before meanwhile after");
        cluster.awaitNothingHeld();
        Descriptors.close(pipe.readEnd());
    }

    @Test
    void refusesWhatCannotBeRelayed() {
        int directory = Descriptors.open("/tmp", Descriptors.O_RDONLY);
        assertThatThrownBy(() -> cluster.prepare(0, 1, directory))
                .isInstanceOf(StreamException.class)
                .hasMessageContaining("no pipe end");
        Descriptors.close(directory);
        Descriptors.close(pipe.readEnd());
        Descriptors.close(pipe.writeEnd());
    }
}
