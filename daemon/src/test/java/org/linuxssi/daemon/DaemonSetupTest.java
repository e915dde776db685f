package org.linuxssi.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.linuxssi.rpc.NodeKeys;

@Timeout(60)
class DaemonSetupTest {

    private static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    private Instant now = NOW;

    private record Outcome(int status, String out, String err) {}

    private Outcome run(String... words) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int status = new DaemonSetup(
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        () -> now)
                .run(List.of(words));
        return new Outcome(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private String first() {
        return directory.resolve("first").toString();
    }

    private String second() {
        return directory.resolve("second").toString();
    }

    private Outcome init() {
        return run("init", "--dir", first(), "--cluster", "home", "--session", "12", "--listen", "10.0.0.1");
    }

    @Test
    void aNodeJoinsByItsToken() throws IOException {
        assertThat(init().status()).isZero();
        Outcome token = run("join-token", "--dir", first());
        assertThat(token.out()).startsWith("krg1.").hasLineCount(1);
        Outcome joined = run("join", "--dir", second(), token.out().strip());
        assertThat(joined.out()).startsWith("joined cluster home: wrote " + second() + "/krgd.toml");

        DaemonConfig config = DaemonConfig.read(Path.of(second(), "krgd.toml"));
        assertThat(config.cluster()).isEqualTo("home");
        assertThat(config.session()).isEqualTo(12);
        assertThat(config.seeds()).containsExactly("10.0.0.1:7707");
        assertThat(NodeKeys.load(config.keys()).authority())
                .isEqualTo(NodeKeys.load(Path.of(first(), "keys")).authority());
        assertThat(Path.of(second(), "ca")).doesNotExist();
        assertThat(Files.getPosixFilePermissions(config.keys().resolve("node.key")))
                .hasSize(2);
    }

    @Test
    void aClusterIsNotOverwritten() {
        init();
        Outcome again = init();
        assertThat(again.status()).isEqualTo(1);
        assertThat(again.err()).hasLineCount(1).contains("krgd.toml is there already (EEXIST)");
    }

    @Test
    void anOldTokenIsRefused() {
        init();
        String token = run("join-token", "--dir", first(), "--hours", "2").out().strip();
        now = NOW.plus(Duration.ofHours(3));
        Outcome late = run("join", "--dir", second(), token);
        assertThat(late.status()).isEqualTo(1);
        assertThat(late.err()).contains("has expired");
        assertThat(Path.of(second())).doesNotExist();
    }

    @Test
    void aTokenThatWasChangedAnywhereIsRefused() {
        init();
        String token = run("join-token", "--dir", first()).out().strip();
        for (int back = 2; back < token.length() - 200; back += 97) {
            int at = token.length() - back;
            String changed = token.substring(0, at) + (token.charAt(at) == 'A' ? 'B' : 'A') + token.substring(at + 1);
            assertThat(run("join", "--dir", second(), changed).err())
                    .describedAs("character %d", at)
                    .contains("join token is damaged");
        }
        assertThat(Path.of(second())).doesNotExist();
    }

    @Test
    void aNodeThatListensEverywhereHasToSayWhereItIsReached() {
        run("init", "--dir", first());
        assertThat(run("join-token", "--dir", first()).err()).contains("say by --seed");
        assertThat(run("join-token", "--dir", first(), "--seed", "node1").status())
                .isZero();
    }

    @Test
    void wrongValuesAreRefusedBeforeAnythingIsWritten() {
        assertThat(run("init", "--dir", first(), "--session", "0").err()).contains("cluster.session: 0 is not allowed");
        assertThat(run("init", "--dir", first(), "--cluster", "a\"b").status()).isEqualTo(1);
        assertThat(run("join", "--dir", first(), "krg1.abc").err()).contains("damaged");
        assertThat(run("join-token", "--dir", first()).err()).contains("krg init writes one");
        assertThat(Path.of(first())).doesNotExist();
    }

    @Test
    void wrongUsageIsStatusTwo() {
        assertThat(run("init", "--nonsense", "1").status()).isEqualTo(2);
        assertThat(run("init", "--dir").status()).isEqualTo(2);
        assertThat(run("join").status()).isEqualTo(2);
        assertThat(run("join-token", "--hours", "x").err()).hasLineCount(1);
        assertThat(run("join", "--help").out()).startsWith("usage: krg init");
    }

    @Test
    void unknownOptionsAreNamedAlsoAtTheEnd() {
        assertThat(run("init", "--nonsense"))
                .isEqualTo(new Outcome(2, "", "krg init: there is no option --nonsense; see krg init --help\n"));
        assertThat(run("init", "--dir").err()).isEqualTo("krg init: --dir needs a value; see krg init --help\n");
    }
}
