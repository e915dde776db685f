package org.linuxssi.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.linuxssi.control.ControlServer;
import org.linuxssi.control.Exchange;
import org.linuxssi.control.Input;
import org.linuxssi.control.Reply;
import org.linuxssi.control.Request;
import org.linuxssi.linux.DescriptorIo;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.Syscalls;
import org.linuxssi.linux.Terminals;
import org.linuxssi.tools.NodeId;

/** Runs the command as a process of its own against a daemon that runs the programs on this machine. */
@Timeout(60)
class RunCommandTest {

    private static final int O_RDWR_NOCTTY_CLOEXEC = 2 | 0400 | 02000000;
    private static final long TIOCGPTN = 0x80045430L;
    private static final long TIOCSPTLCK = 0x40045431L;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    @SuppressWarnings("NullAway.Init")
    private ControlServer server;

    private final List<Process> started = new ArrayList<>();
    private final CountDownLatch signalled = new CountDownLatch(1);

    /** An image with the real launcher, and one jar that only names the class path of this test. */
    @BeforeEach
    void makeImage() throws IOException {
        Path image = Path.of("..", "dist", "src", "main", "image");
        for (String file : List.of("bin/krg", "libexec/java.sh")) {
            Path copy = directory.resolve(file);
            Files.createDirectories(copy.getParent());
            Files.copy(image.resolve(file), copy, StandardCopyOption.COPY_ATTRIBUTES);
        }
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes()
                .put(
                        Attributes.Name.CLASS_PATH,
                        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                                .map(entry -> Path.of(entry).toUri().toString())
                                .collect(Collectors.joining(" ")));
        Files.createDirectory(directory.resolve("lib"));
        new JarOutputStream(Files.newOutputStream(directory.resolve("lib").resolve("all.jar")), manifest).close();
    }

    @BeforeEach
    void startDaemon() {
        server = new ControlServer(directory.resolve("control"), this::handle);
    }

    @AfterEach
    void endEverything() {
        started.forEach(Process::destroyForcibly);
        server.close();
    }

    private Reply.Last handle(Request request, Exchange exchange) throws InterruptedException {
        Request.Run run = (Request.Run) request;
        return run.terminal() ? terminal(run, exchange) : plain(run, exchange);
    }

    private Reply.Last plain(Request.Run run, Exchange exchange) throws InterruptedException {
        List<Integer> descriptors = exchange.takeDescriptors();
        List<String> line = new ArrayList<>(List.of("sh", "-c", redirections(run) + "exec \"$@\"", "sh"));
        line.addAll(run.arguments());
        ProcessBuilder builder = new ProcessBuilder(line).directory(new File(run.directory()));
        for (int i = 0; i < descriptors.size(); i++) {
            File file = new File("/proc/self/fd", descriptors.get(i).toString());
            switch (run.descriptors().get(i)) {
                case 0 -> builder.redirectInput(file);
                case 1 -> builder.redirectOutput(ProcessBuilder.Redirect.appendTo(file));
                default -> builder.redirectError(ProcessBuilder.Redirect.appendTo(file));
            }
        }
        return follow(run, exchange, builder, descriptors);
    }

    private static String redirections(Request.Run run) {
        return run.closed().stream().map(number -> "exec " + number + ">&-; ").collect(Collectors.joining());
    }

    private Reply.Last terminal(Request.Run run, Exchange exchange) throws InterruptedException {
        int master = openMaster();
        File slave = new File("/dev/pts/" + number(master));
        Terminals.window(
                master, Terminals.windowOf(run.window().rows(), run.window().columns()));
        List<String> line = new ArrayList<>(List.of("setsid", "--ctty", "--wait"));
        line.addAll(run.arguments());
        ProcessBuilder builder = new ProcessBuilder(line)
                .redirectInput(slave)
                .redirectOutput(slave)
                .redirectErrorStream(true);
        return follow(run, exchange, builder, List.of(master));
    }

    private Reply.Last follow(Request.Run run, Exchange exchange, ProcessBuilder builder, List<Integer> descriptors)
            throws InterruptedException {
        builder.environment().clear();
        for (String entry : run.environment()) {
            String[] parts = entry.split("=", 2);
            builder.environment().put(parts[0], parts[1]);
        }
        try {
            Process process = builder.start();
            started.add(process);
            exchange.onInput(input -> input(process, input));
            exchange.send(
                    new Reply.Started((int) process.pid(), NodeId.of(0)), run.terminal() ? descriptors : List.of());
            int code = process.waitFor();
            return new Reply.Exited(code > 128 ? code - 128 : code << 8);
        } catch (IOException problem) {
            throw new UncheckedIOException(problem);
        } finally {
            descriptors.forEach(DescriptorIo::close);
        }
    }

    private void input(Process process, Input input) {
        if (input instanceof Input.Signalled signal) {
            Syscalls.call(Nr.KILL, process.pid(), signal.signal());
            signalled.countDown();
        }
    }

    private static int openMaster() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment path = Syscalls.text(arena, "/dev/ptmx");
            int master = (int) Syscalls.check(
                    "open /dev/ptmx", Syscalls.call(Nr.OPENAT, 0, path.address(), O_RDWR_NOCTTY_CLOEXEC));
            Syscalls.check(
                    "unlock",
                    Syscalls.call(
                            Nr.IOCTL, master, TIOCSPTLCK, arena.allocate(4, 4).address()));
            return master;
        }
    }

    private static int number(int master) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment number = arena.allocate(4, 4);
            Syscalls.check("number", Syscalls.call(Nr.IOCTL, master, TIOCGPTN, number.address()));
            return Syscalls.word(number);
        }
    }

    private Process krg(List<String> before, String... arguments) throws IOException {
        List<String> line = new ArrayList<>(before);
        line.add(directory.resolve("bin").resolve("krg").toString());
        line.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(line).directory(directory.toFile());
        builder.environment().put("LINUXSSI_RUN", directory.toString());
        builder.environment().put("LC_ALL", "C");
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        Process process = builder.start();
        started.add(process);
        return process;
    }

    private static String text(InputStream stream) throws IOException {
        return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }

    @Test
    void inputOutputAndStatusPassThrough() throws Exception {
        Process krg =
                krg(List.of(), "run", "--", "sh", "-c", "cat; pwd; echo \"$1\"; echo bad >&2; exit 7", "sh", "é -n");
        krg.getOutputStream().write("from outside\n".getBytes(StandardCharsets.UTF_8));
        krg.getOutputStream().close();
        assertThat(text(krg.getInputStream())).isEqualTo("from outside\n" + directory + "\né -n\n");
        assertThat(text(krg.getErrorStream())).isEqualTo("bad\n");
        assertThat(krg.waitFor()).isEqualTo(7);
    }

    @Test
    void optionsAfterTheProgramAreItsOwn() throws Exception {
        Process krg = krg(List.of(), "run", "echo", "-t", "--node", "--help");
        assertThat(text(krg.getInputStream())).isEqualTo("-t --node --help\n");
        assertThat(krg.waitFor()).isZero();
    }

    @Test
    void signalsReachTheProgram() throws Exception {
        Process krg = krg(
                List.of(),
                "run",
                "sh",
                "-c",
                "trap 'echo got it; exit 3' USR1; echo ready; while :; do sleep 0.1; done");
        assertThat(krg.inputReader().readLine()).isEqualTo("ready");
        Syscalls.check("kill", Syscalls.call(Nr.KILL, krg.pid(), 10));
        assertThat(krg.inputReader().readLine()).isEqualTo("got it");
        assertThat(krg.waitFor()).isEqualTo(3);
    }

    @Test
    void quitReachesTheProgramAndNothingIsDumped() throws Exception {
        Process krg = krg(
                List.of(), "run", "sh", "-c", "trap 'echo quit; exit 4' QUIT; echo ready; while :; do sleep 0.1; done");
        assertThat(krg.inputReader().readLine()).isEqualTo("ready");
        Syscalls.check("kill", Syscalls.call(Nr.KILL, krg.pid(), 3));
        assertThat(krg.inputReader().lines()).containsExactly("quit");
        assertThat(text(krg.getErrorStream())).isEmpty();
        assertThat(krg.waitFor()).isEqualTo(4);
    }

    @Test
    void whatTheCallerIgnoresIsNotRelayed() throws Exception {
        Process krg = krg(
                List.of("sh", "-c", "trap '' HUP QUIT; exec \"$@\"", "sh"),
                "run",
                "sh",
                "-c",
                "trap 'exit 1' HUP QUIT; trap 'echo term; exit 5' TERM; echo ready; while :; do sleep 0.1; done");
        assertThat(krg.inputReader().readLine()).isEqualTo("ready");
        for (int signal : List.of(1, 3, 15)) {
            Syscalls.check("kill", Syscalls.call(Nr.KILL, krg.pid(), signal));
        }
        assertThat(krg.inputReader().lines()).containsExactly("term");
        assertThat(krg.waitFor()).isEqualTo(5);
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {"<&-, 0", "2>&-, 2", "<&- 2>&-, 0 2", "-, ''"})
    void aClosedDescriptorStaysClosed(String redirection, String closed) throws Exception {
        Process krg = krg(
                List.of("sh", "-c", "exec \"$@\" " + (redirection == null ? "" : redirection), "sh"),
                "run",
                "--",
                "sh",
                "-c",
                "for n in 0 1 2; do [ -h /proc/self/fd/$n ] || printf '%s ' $n; done");
        assertThat(text(krg.getInputStream()).strip()).isEqualTo(closed);
        assertThat(krg.waitFor()).isZero();
    }

    @Test
    void inADirectoryThatWasRemovedProgramsAreRefused() throws Exception {
        Path removed = Files.createDirectory(directory.resolve("removed"));
        for (String command : List.of("run", "--version")) {
            Process krg = krg(
                    List.of("sh", "-c", "mkdir -p $0; cd $0; rmdir $0; exec \"$@\"", removed.toString()),
                    command,
                    "true");
            String errors = text(krg.getErrorStream());
            assertThat(errors).doesNotContain("java");
            if (command.equals("run")) {
                assertThat(errors).endsWith("krg run: the working directory was removed: cd to another one (ENOENT)\n");
                assertThat(krg.waitFor()).isEqualTo(1);
            } else {
                assertThat(text(krg.getInputStream())).startsWith("LinuxSSI");
                assertThat(krg.waitFor()).isZero();
            }
        }
    }

    @Test
    void aClosedOutputStaysClosed() throws Exception {
        Process krg = krg(
                List.of("sh", "-c", "exec \"$@\" >&-", "sh"),
                "run",
                "--",
                "sh",
                "-c",
                "[ -h /proc/self/fd/1 ] || echo closed >&2");
        assertThat(text(krg.getErrorStream())).isEqualTo("closed\n");
        assertThat(krg.waitFor()).isZero();
    }

    @Test
    void deathBySignalIs128AndItsNumber() throws Exception {
        Process krg = krg(List.of(), "run", "sh", "-c", "echo ready; exec sleep 60");
        assertThat(krg.inputReader().readLine()).isEqualTo("ready");
        krg.destroy();
        signalled.await();
        assertThat(krg.waitFor()).isEqualTo(143);
    }

    @Test
    void whoseDaemonEndsLearnsWhereToLookForTheProgram() throws Exception {
        Process krg = krg(List.of(), "run", "sh", "-c", "echo $$; exec sleep 60");
        String pid = krg.inputReader().readLine();
        server.close();
        assertThat(krg.errorReader().readLine())
                .isEqualTo("krg run: the daemon of this node ended and with it the connection to pid " + pid
                        + ", which may live on; see krg ps, here under the next daemon or on another node"
                        + " (ESHUTDOWN)");
        assertThat(krg.waitFor()).isEqualTo(1);
    }

    @Test
    void aTerminalOfItsOwnIsOneEvenWithoutATerminalHere() throws Exception {
        Process krg = krg(List.of(), "run", "-t", "--", "sh", "-c", "test -t 0 && test -t 1 && stty size; exit 4");
        krg.getOutputStream().close();
        assertThat(text(krg.getInputStream())).isEqualTo("24 80\r\n");
        assertThat(krg.waitFor()).isEqualTo(4);
    }

    @Test
    void theTerminalIsRawMeanwhileAndRestoredAfterwards() throws Exception {
        String inner =
                "before=$(stty -g); \"$@\"; status=$?; test \"$before\" = \"$(stty -g)\" && echo restored $status";
        Path script = directory.resolve("inner.sh");
        Files.writeString(script, inner);
        Path outer = directory.resolve("outer.py");
        Files.writeString(outer, """
                import pty, sys
                sys.exit(pty.spawn(sys.argv[1:]) >> 8)
                """);
        Process krg = krg(
                List.of("python3", outer.toString(), "sh", script.toString()),
                "run",
                "-t",
                "sh",
                "-c",
                "stty -echo; echo ready; read line; echo \"line $line\"; exit 5");
        BufferedReader output = krg.inputReader();
        assertThat(output.readLine()).isEqualTo("ready");
        krg.getOutputStream().write("typed\r".getBytes(StandardCharsets.UTF_8));
        krg.getOutputStream().flush();
        assertThat(output.readLine()).isEqualTo("line typed");
        assertThat(output.readLine()).isEqualTo("restored 5");
        assertThat(krg.waitFor(20, TimeUnit.SECONDS)).isTrue();
    }
}
