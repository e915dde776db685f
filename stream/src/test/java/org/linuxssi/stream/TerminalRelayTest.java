package org.linuxssi.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.linuxssi.stream.StreamCluster.text;
import static org.linuxssi.stream.StreamCluster.write;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.Epoll;
import org.linuxssi.linux.Terminals;

@Timeout(20)
class TerminalRelayTest {

    private static final int ECHO = 8;

    private final StreamCluster cluster = new StreamCluster(3);
    private final int keyboard = Terminals.openMaster("/dev/ptmx");
    private final int terminal = Terminals.openPeer(keyboard, Descriptors.O_RDWR);
    private int used = -1;

    @AfterEach
    void stop() {
        Descriptors.close(used);
        Descriptors.close(keyboard);
        cluster.awaitNothingHeld();
        cluster.close();
    }

    @Test
    void linesAreEditedAndEchoedOnceByTheOriginal() {
        used = cluster.move(0, 1, terminal);
        write(keyboard, "hellp\177o\n");
        assertThat(text(used, 6)).isEqualTo("hello\n");
        assertThat(text(keyboard, 5)).isEqualTo("hellp");
        write(used, "answer\n");
        assertThat(text(keyboard, 100, "answer\r\n")).endsWith("answer\r\n").doesNotContain("\r\r");
    }

    @Test
    void oneLineIsOneRead() {
        used = cluster.move(0, 1, terminal);
        write(keyboard, "one\ntwo\nthree\n");
        for (String line : List.of("one\n", "two\n", "three\n")) {
            assertThat(StreamCluster.read(used, 100)).asString().isEqualTo(line);
        }
    }

    @Test
    void theEndOfInputIsAnEmptyReadAndInputGoesOn() {
        used = cluster.move(0, 1, terminal);
        write(keyboard, "\004");
        assertThat(StreamCluster.read(used, 100)).isEmpty();
        write(keyboard, "more\n");
        assertThat(StreamCluster.read(used, 100)).asString().isEqualTo("more\n");
    }

    @Test
    void theWindowSizeFollows() {
        used = cluster.move(0, 1, terminal);
        byte[] size = {50, 0, (byte) 132, 0, 0, 0, 0, 0};
        Terminals.window(keyboard, size);
        cluster.node(0).terminalsChanged();
        Awaitility.await()
                .untilAsserted(() -> assertThat(Terminals.window(used)).isEqualTo(size));
    }

    @Test
    void modesThatTheProgramSetsReachTheOriginal() {
        used = cluster.move(0, 1, terminal);
        byte[] modes = Terminals.modes(used);
        int local = Terminals.flags(modes, Terminals.LOCAL_MODES);
        Terminals.flags(modes, Terminals.LOCAL_MODES, local & ~(ECHO | Terminals.ICANON));
        Terminals.modes(used, modes);
        Awaitility.await()
                .until(() ->
                        (Terminals.flags(Terminals.modes(keyboard), Terminals.LOCAL_MODES) & (ECHO | Terminals.ICANON))
                                == 0);
        assertThat(Terminals.flags(Terminals.modes(keyboard), Terminals.OUTPUT_MODES) & Terminals.OPOST)
                .isEqualTo(Terminals.OPOST);
        write(keyboard, "x");
        assertThat(text(used, 1)).isEqualTo("x");
        assertThat(Epoll.poll(keyboard, Epoll.IN)).isZero();
    }

    @Test
    void aTerminalMovesOnAndComesHome() {
        used = terminal;
        int at = 0;
        for (int to : List.of(1, 2, 1, 0, 2, 0)) {
            write(keyboard, "go " + to + "\n");
            used = cluster.move(at, to, used);
            at = to;
            assertThat(StreamCluster.read(used, 100)).asString().isEqualTo("go " + to + "\n");
        }
    }

    @Test
    void inTheBackgroundNothingIsTakenFromTheTerminal() {
        AtomicBoolean foreground = new AtomicBoolean();
        int other = Descriptors.duplicate(terminal);
        cluster.node(0).foreground((_, _, _) -> foreground.get());
        used = cluster.move(0, 1, terminal);
        write(keyboard, "for the shell\n");
        assertThat(text(other, 14)).isEqualTo("for the shell\n");
        foreground.set(true);
        write(keyboard, "for the program\n");
        assertThat(text(used, 16)).isEqualTo("for the program\n");
        Descriptors.close(other);
    }

    @Test
    void linesThatAProgramDidNotReadAreThereForTheNextOne() throws Exception {
        int other = Descriptors.duplicate(terminal);
        used = cluster.move(0, 1, terminal);
        write(keyboard, "one\ntwo\nunfin");
        Process poller = poller(used);
        try {
            assertThat(poller.inputReader().readLine()).isEqualTo("seen");
            Awaitility.await().until(() -> Descriptors.readable(other) == 8);
            write(keyboard, "\177ished\n");
            for (String line : List.of("one\n", "two\n", "unfiished\n")) {
                assertThat(StreamCluster.read(other, 100)).asString().isEqualTo(line);
            }
        } finally {
            poller.destroyForcibly();
        }
        assertThat(text(keyboard, 100, "ished\r\n"))
                .startsWith("one\r\ntwo\r\nunfin")
                .doesNotContain("onetwo");
        Descriptors.close(other);
    }

    private static Process poller(int input) throws IOException {
        String script = "import select, time; select.select([0], [], []); print('seen', flush=True); time.sleep(1000)";
        return new ProcessBuilder("python3", "-c", script)
                .redirectError(Redirect.INHERIT)
                .redirectInput(new File("/proc/self/fd/" + input))
                .start();
    }

    @Test
    void whenTheOriginalHangsUpSoDoesTheStandIn() {
        used = cluster.move(0, 1, terminal);
        Descriptors.close(keyboard);
        Awaitility.await().until(() -> (Epoll.poll(used, Epoll.IN) & Epoll.HUP) != 0);
    }
}
