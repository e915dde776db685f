package org.linuxssi.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.linuxssi.control.ProcessRow;

/** What users other than root can do, by the real commands: all with their own programs, nothing with those of others. */
@ExtendWith(TestBedExtension.class)
@Timeout(value = 240, unit = TimeUnit.SECONDS)
class OtherUserTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int USER = 4321;
    private static final int STRANGER = 4444;
    private static final int GROUP = 4322;
    private static final int MORE_GROUP = 4323;
    private static final String IDS = "id -u; id -g; id -G; umask";
    private static final String SAME_IDS = USER + "\n" + GROUP + "\n" + GROUP + " " + MORE_GROUP + "\n0022\n";

    @TempDir
    static Path directory;

    private static String classPath = "";
    private static int runs;

    private final Cluster cluster;
    private final Path stop = directory.resolve("stop" + runs++);
    private final List<Program> ofRoot = new ArrayList<>();

    OtherUserTest(Cluster cluster) {
        this.cluster = cluster;
    }

    /** The commands have to be where users may read them. */
    @BeforeAll
    static void copyCommands() throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        Path commands = Files.createDirectory(directory.resolve("commands"));
        List<String> copies = new ArrayList<>();
        Pattern needed = Pattern.compile(".*(picocli|jspecify|tools|linux|control|cli)[^/]*(\\.jar|/target/classes)");
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            if (needed.matcher(entry).matches()) {
                Path copy = commands.resolve(Integer.toString(copies.size()));
                copy(Path.of(entry), copy);
                copies.add(copy.toString());
            }
        }
        classPath = String.join(File.pathSeparator, copies);
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
    }

    @BeforeEach
    void rootRuns() {
        ofRoot.add(cluster.start(1, Command.of("sleep", "1000")));
    }

    @AfterEach
    void endAll() {
        cluster.ps(0).stream().filter(row -> row.uid() == USER).forEach(row -> cluster.signal(0, row.pid(), 9));
        ofRoot.forEach(program -> cluster.signal(0, program.pid(), 9));
        ofRoot.forEach(Program::close);
        await().atMost(PATIENCE).until(() -> cluster.ps(0).stream().noneMatch(row -> row.uid() == USER));
    }

    @Test
    void everybodyMayConnect() throws IOException {
        assertThat(PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(cluster.bed().control(0))))
                .isEqualTo("rw-rw-rw-");
        assertThat(krg(USER, "cluster").output()).isEqualTo("status: up on 3 nodes\n");
    }

    @Test
    void aProgramRunsAsItsUserOnEveryNode() {
        for (int node = 0; node < cluster.nodes(); node++) {
            Path made = directory.resolve(stop.getFileName() + "made" + node);
            Result result = krg(USER, "run", "--node", Integer.toString(node), "--", "sh", "-c", IDS + "; >" + made);
            assertThat(result).isEqualTo(new Result(0, SAME_IDS, ""));
            assertThat(made).satisfies(file -> assertThat(Files.getAttribute(file, "unix:uid"))
                    .isEqualTo(USER));
        }
    }

    @Test
    void usersMoveTheirProgramsWhichStayTheirs() throws IOException {
        CompletableFuture<Result> run = CompletableFuture.supplyAsync(
                () -> krg(USER, "run", "--", "sh", "-c", "while [ ! -e " + stop + " ]; do sleep 0.1; done; " + IDS));
        int pid = await().atMost(PATIENCE).until(() -> pidOf("sh -c while"), found -> found > 0);
        for (int node : List.of(1, 2, 0, 2)) {
            assertThat(migrate(USER, pid, node)).isEqualTo(new Result(0, "", ""));
            assertThat(cluster.where(pid)).contains(node);
            assertThat(cluster.ps(1)).anyMatch(row -> row.pid() == pid && row.uid() == USER);
        }
        assertThat(migrate(STRANGER, pid, 1).messages()).contains("EPERM").contains("belongs to user " + USER);
        assertThat(krg(STRANGER, "signal", "TERM", Integer.toString(pid)).messages())
                .contains("EPERM");
        assertThat(cluster.where(pid)).contains(2);
        String number = Integer.toString(pid);
        assertThat(krg(USER, "enter", "-T", number, "--", "sh", "-c", "hostname; pwd"))
                .isEqualTo(new Result(0, "node2\n" + directory + "\n", ""));
        assertThat(krg(STRANGER, "enter", "-T", number, "id")).satisfies(OtherUserTest::refused);
        Files.createFile(stop);
        assertThat(run.join()).isEqualTo(new Result(0, SAME_IDS, ""));
    }

    /** Natively a shell and the programs it starts use one open file in turn. */
    @Test
    void aShellOutsideGoesOnWhereAProgramThatMovedStopped() throws IOException {
        Path input = Files.writeString(directory.resolve("input" + stop.getFileName()), "a\nb\nc\nd\n");
        String program =
                "read x; echo inside $x; while [ ! -e " + stop + " ]; do sleep 0.1; done; read x; echo moved $x";
        String krg = String.join(" ", command(USER, "krg", "run", "--", "sh", "-c", "'" + program + "'"));
        String script = "read x; echo before $x; " + krg + "; read x; echo after $x";
        CompletableFuture<Result> shell =
                CompletableFuture.supplyAsync(() -> run(List.of("/bin/sh", "-c", script), input));
        int pid = await().atMost(PATIENCE).until(() -> pidOf("sh -c read"), found -> found > 0);
        assertThat(migrate(USER, pid, 1)).isEqualTo(new Result(0, "", ""));
        Files.createFile(stop);
        assertThat(shell.join()).isEqualTo(new Result(0, "before a\ninside b\nmoved c\nafter d\n", ""));
    }

    @Test
    void programsOfRootAreNotMovedNorSignalledNorEntered() {
        int pid = ofRoot.getFirst().pid();
        String number = Integer.toString(pid);
        assertThat(migrate(USER, pid, 2)).satisfies(OtherUserTest::refused);
        assertThat(krg(USER, "signal", "KILL", number)).satisfies(OtherUserTest::refused);
        assertThat(krg(USER, "enter", number, "--", "id")).satisfies(OtherUserTest::refused);
        Result kill = krg(USER, "run", "--", "sh", "-c", "kill -9 " + pid);
        assertThat(kill.exit()).isEqualTo(1);
        assertThat(kill.messages()).containsIgnoringCase("not permitted");
        assertThat(cluster.where(pid)).contains(1);
    }

    @Test
    void theClusterIsLeftAlone() {
        assertThat(as(USER, "krgadm", "cluster", "poweroff")).satisfies(OtherUserTest::refused);
        assertThat(as(USER, "krgadm", "nodes", "del", "-n", "2")).satisfies(OtherUserTest::refused);
        assertThat(krg(USER, "shutdown")).satisfies(OtherUserTest::refused);
        assertThat(krg(USER, "cluster").output()).isEqualTo("status: up on 3 nodes\n");
    }

    @Test
    void aShellHasATerminalOfItsUser() throws IOException {
        Path typed = Files.writeString(
                directory.resolve("typed" + stop.getFileName()),
                "id -u >" + stop + "u; stat -c %u $(tty) >>" + stop + "u; exit 7\n");
        List<String> shell = new ArrayList<>(List.of(
                "python3",
                "-c",
                "import os,pty,sys;" + "sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"));
        shell.addAll(command(USER, "krg", "shell"));
        Result result = run(shell, typed);
        assertThat(result.exit()).describedAs("%s", result).isEqualTo(7);
        assertThat(Path.of(stop + "u")).hasContent(USER + "\n" + USER + "\n");
    }

    private static void refused(Result result) {
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.messages()).contains("EPERM");
    }

    private int pidOf(String start) {
        return cluster.ps(0).stream()
                .filter(row -> row.uid() == USER && row.command().startsWith(start))
                .map(ProcessRow::pid)
                .findFirst()
                .orElse(-1);
    }

    private Result migrate(int user, int pid, int node) {
        return as(user, "migrate", Integer.toString(pid), Integer.toString(node));
    }

    private Result krg(int user, String... arguments) {
        return as(user, "krg", arguments);
    }

    private Result as(int user, String name, String... arguments) {
        return run(command(user, name, arguments), Path.of("/dev/null"));
    }

    private static List<String> command(int user, String name, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                "/usr/bin/setpriv",
                "--reuid=" + user,
                "--regid=" + GROUP,
                "--groups=" + GROUP + "," + MORE_GROUP,
                Programs.jdk("java"),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-Dlinuxssi.command=" + name,
                "-cp",
                classPath,
                "org.linuxssi.cli.Main"));
        command.addAll(List.of(arguments));
        return command;
    }

    private Result run(List<String> argv, Path input) {
        Command command = Command.of(argv.toArray(String[]::new))
                .in(directory)
                .with("LINUXSSI_SOCKET", cluster.bed().control(0).toString())
                .reading(input);
        try {
            return Programs.runNatively(command, directory);
        } catch (IOException problem) {
            throw new UncheckedIOException(problem);
        }
    }
}
