package org.linuxssi.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.linuxssi.control.ProcessRow;

/** Applications whose processes speak by sockets, and servers: saved, ended and started again. */
class SavedSocketsTest extends SavingTest {

    /** A child doubles numbers that come by socket pairs of all kinds, with forty in flight each way. */
    private static final String DOUBLING = """
            import os, socket, sys, threading, time
            stop = sys.argv[1]
            kinds = (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET)
            pairs = [socket.socketpair(socket.AF_UNIX, kind) for kind in kinds]
            child = os.fork()
            def lines(end):
                if end.type == socket.SOCK_STREAM:
                    yield from end.makefile('rb')
                else:
                    while (line := end.recv(100000)) != b'end':
                        yield line
            def double(end):
                for line in lines(end):
                    number, _, rest = line.partition(b' ')
                    end.sendall(b'%d %s' % (2 * int(number), rest))
                if end.type == socket.SOCK_STREAM:
                    end.shutdown(socket.SHUT_WR)
            if child == 0:
                for here, there in pairs:
                    here.close()
                workers = [threading.Thread(target=double, args=(there,)) for here, there in pairs]
                for worker in workers:
                    worker.start()
                for worker in workers:
                    worker.join()
                os._exit(7)
            for here, there in pairs:
                there.close()
            answers = [lines(here) for here, there in pairs]
            rounds = 0
            while not os.path.exists(stop):
                for k in range(40):
                    for here, there in pairs:
                        here.sendall(b'%d %s\\n' % (40 * rounds + k, b'x' * (37 * k)))
                time.sleep(0.02)
                for k in range(40):
                    for answer in answers:
                        assert next(answer) == b'%d %s\\n' % (2 * (40 * rounds + k), b'x' * (37 * k))
                print(rounds, flush=True)
                rounds += 1
            pairs[0][0].shutdown(socket.SHUT_WR)
            assert next(answers[0], 'end') == 'end'
            for here, there in pairs[1:]:
                here.send(b'end')
            print('child', os.WEXITSTATUS(os.waitpid(child, 0)[1]), flush=True)
            """;

    /** A server that echoes by asyncio at a path and at an abstract name, and a child that asks it all the time. */
    private static final String ECHO = """
            import asyncio, os, socket, sys, time
            path = sys.argv[1]
            secret = '\\0' + path
            async def echo(reader, writer):
                while line := await reader.readline():
                    writer.write(line)
                    await writer.drain()
                writer.close()
            async def serve():
                async with await asyncio.start_unix_server(echo, path), await asyncio.start_unix_server(echo, secret):
                    os.write(ready, b'x')
                    await asyncio.sleep(10000)
            def ask():
                ends = [socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)]
                for end, name in zip(ends, (path, secret)):
                    end.connect(name)
                files = [end.makefile('rw') for end in ends]
                n = 0
                while True:
                    for file in files:
                        file.write('%d\\n' % n)
                        file.flush()
                    for file in files:
                        assert int(file.readline()) == n
                    print(n, [end.getpeername() in (path, secret.encode()) for end in ends], flush=True)
                    n += 1
                    time.sleep(0.01)
            wait, ready = os.pipe()
            if os.fork() == 0:
                os.read(wait, 1)
                ask()
            asyncio.run(serve())
            """;

    private static final String ASK = """
            import socket, sys, time
            for name in (sys.argv[1], '\\0' + sys.argv[1]):
                end = socket.socket(socket.AF_UNIX)
                end.connect(name)
                end.sendall(b'hello\\n')
                print(end.recv(100).decode().strip(), flush=True)
            time.sleep(float(sys.argv[2]))
            """;

    SavedSocketsTest(Cluster cluster) {
        super(cluster);
    }

    @AfterEach
    void removeAll() {
        for (ProcessRow row : cluster.ps(0)) {
            if (row.command().contains(directory.toString())) {
                prompt.type("krg signal KILL " + row.pid());
            }
        }
        awaitEnd();
        applications.removeVersions();
    }

    private Path script(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text);
    }

    private Path output() {
        return directory.resolve("output");
    }

    private int start(String command) {
        return applications.start(output(), command);
    }

    private List<String> lines() throws IOException {
        return Files.exists(output()) ? Files.readAllLines(output()) : List.of();
    }

    private void awaitLines(int count) throws IOException {
        int before = lines().size();
        await().atMost(PATIENCE).until(() -> lines().size() >= before + count);
    }

    private void saveAndEnd(int application) {
        assertThat(prompt.type("checkpoint -kKILL " + application).messages()).isEmpty();
        awaitEnd();
    }

    private void awaitEnd() {
        await().atMost(PATIENCE).until(() -> cluster.ps(0).stream()
                .noneMatch(row -> row.command().contains(directory.toString())));
    }

    /** Waits for one that calls itself something else than what was typed. */
    private void awaitEnd(int application) {
        await().atMost(PATIENCE)
                .until(() -> prompt.type("krg ps " + application).messages().contains("ESRCH"));
    }

    private void awaitDoubled() throws IOException {
        Files.createFile(directory.resolve("stop"));
        await().atMost(PATIENCE).until(() -> lines().contains("child 7"));
        assertThat(lines())
                .isEqualTo(Stream.concat(
                                IntStream.range(0, lines().size() - 1).mapToObj(Integer::toString),
                                Stream.of("child 7"))
                        .toList());
    }

    @Test
    void whatIsUnderWayBetweenProcessesIsKept() throws IOException {
        int number = start("python3 " + script("doubling", DOUBLING) + " " + directory.resolve("stop"));
        awaitLines(3);
        for (int version = 1; version <= 6; version++) {
            saveAndEnd(number);
            String restart = "restart --on " + version % 3 + " " + number + " " + version;
            await().atMost(PATIENCE).untilAsserted(() -> prompt.types(restart, ""));
            awaitLines(2);
        }
        awaitDoubled();
    }

    @Test
    void nothingIsTakenFromProcessesThatGoOn() throws IOException {
        int number = start("python3 " + script("doubling", DOUBLING) + " " + directory.resolve("stop"));
        awaitLines(3);
        for (int i = 0; i < 20; i++) {
            assertThat(prompt.type("checkpoint --keep 1 " + number).messages()).isEmpty();
        }
        awaitDoubled();
    }

    @Test
    void aServerKeepsItsNamesAndConnections() throws IOException {
        Path path = directory.resolve("echo");
        int number = start("python3 " + script("server", ECHO) + " " + path);
        awaitLines(3);
        for (int version = 1; version <= 3; version++) {
            saveAndEnd(number);
            prompt.types("restart " + number + " " + version, "");
            awaitLines(3);
            assertThat(cluster.run(0, "python3", script("ask", ASK).toString(), path.toString(), "0")
                            .output())
                    .isEqualTo("hello\nhello\n");
        }
        List<String> all = lines();
        assertThat(all)
                .isEqualTo(IntStream.range(0, all.size())
                        .mapToObj(n -> n + " [True, True]")
                        .toList());
        try (Program client =
                cluster.start(0, Command.of("python3", directory.resolve("ask").toString(), path.toString(), "1000"))) {
            await().atMost(PATIENCE).until(() -> client.output().contains("hello\nhello\n"));
            assertThat(prompt.type("checkpoint " + number).messages())
                    .matches("checkpoint: application " + number + " cannot be saved: pid " + number
                            + ": fd \\d+: socket:\\[\\d+\\]: its other end belongs to process \\d+, which is not saved with"
                            + " it.* \\(EAGAIN\\)\n");
            cluster.signal(0, client.pid(), 9);
        }
        await().atMost(PATIENCE)
                .until(() -> prompt.type("checkpoint " + number).messages().isEmpty());
    }

    @Test
    void descriptorsUnderWayAreRefused() throws IOException {
        int number = start("python3 " + script("sender", """
                import os, socket, sys, time
                one, other = socket.socketpair()
                socket.send_fds(one, [b'a file'], [0])
                while not os.path.exists(sys.argv[1]):
                    print('waits', flush=True)
                    time.sleep(0.05)
                message, descriptors, _, _ = socket.recv_fds(other, 100, 1)
                print(message, len(descriptors), flush=True)
                time.sleep(1000)
                """) + " " + directory.resolve("stop"));
        awaitLines(2);
        assertThat(prompt.type("checkpoint " + number).messages())
                .matches("checkpoint: application " + number + " cannot be saved: pid " + number
                        + ": fd \\d+: socket:\\[\\d+\\]: descriptors that were sent to it wait there \\(EAGAIN\\)\n");
        Files.createFile(directory.resolve("stop"));
        await().atMost(PATIENCE).until(() -> lines().contains("b'a file' 1"));
        assertThat(prompt.type("checkpoint " + number).messages()).isEmpty();
    }

    @Test
    void aTcpConnectionInsideGoesOn() throws IOException {
        int number = start("python3 " + script("connected", """
                import os, socket, time
                server = socket.create_server(('127.0.0.1', 0))
                if os.fork() == 0:
                    client = socket.create_connection(server.getsockname())
                    for n in range(1000000):
                        client.sendall(b'%d ' % n * 1000)
                    os._exit(0)
                peer, _ = server.accept()
                expected = 0
                while True:
                    piece = b''
                    while len(piece) < len(b'%d ' % expected) * 1000:
                        piece += peer.recv(len(b'%d ' % expected) * 1000 - len(piece))
                    print(expected, piece == b'%d ' % expected * 1000, flush=True)
                    expected += 1
                    time.sleep(0.02)
                """));
        for (int version = 1; version <= 3; version++) {
            awaitLines(3);
            saveAndEnd(number);
            prompt.types("restart --on " + version % cluster.nodes() + " " + number + " " + version, "");
        }
        awaitLines(3);
        List<String> all = lines();
        assertThat(all)
                .isEqualTo(IntStream.range(0, all.size())
                        .mapToObj(n -> n + " True")
                        .toList());
        cluster.signal(0, number, 9);
    }

    @Test
    void aTcpConnectionToOthersIsRefusedOrLeftOut() throws IOException {
        int number = start("python3 " + script("server", """
                import socket, time
                server = socket.create_server(('127.0.0.1', 18082))
                print('ready', flush=True)
                peer, _ = server.accept()
                while True:
                    peer.sendall(b'x')
                    print('sent', flush=True)
                    time.sleep(0.05)
                """));
        awaitLines(1);
        try (Program client = cluster.start(
                0,
                Command.of(
                        "python3",
                        "-c",
                        "import socket\ns = socket.create_connection(('127.0.0.1', 18082))\nwhile True: s.recv(1)"))) {
            awaitLines(2);
            assertThat(prompt.type("checkpoint " + number).messages())
                    .matches("checkpoint: application " + number + " cannot be saved: pid " + number
                            + ": fd \\d+: socket:\\[\\d+\\]: a TCP connection from 127.0.0.1:18082 to 127.0.0.1:\\d+,"
                            + " which is not an open file of the application \\(EAGAIN\\)\n");
            awaitLines(2);
            assertThat(prompt.type("checkpoint -i " + number).messages()).isEmpty();
            awaitLines(2);
            cluster.signal(0, client.pid(), 9);
        }
        cluster.signal(0, number, 9);
    }

    private String fetch(String url) {
        return cluster.run(
                        0,
                        "python3",
                        "-c",
                        "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read().decode())",
                        url)
                .output();
    }

    @Test
    void aWebServerServesAgain() throws IOException {
        Path page = Files.writeString(directory.resolve("page"), "as ever");
        int number = start("python3 -m http.server 18080 --bind 127.0.0.1 -d " + directory);
        await().atMost(PATIENCE)
                .until(() -> fetch("http://127.0.0.1:18080/page").equals("as ever\n"));
        for (int version = 1; version <= 3; version++) {
            saveAndEnd(number);
            assertThat(fetch("http://127.0.0.1:18080/page")).isEmpty();
            Files.writeString(page, "version " + version);
            prompt.types("restart " + number + " " + version, "");
            assertThat(fetch("http://127.0.0.1:18080/page")).isEqualTo("version " + version + "\n");
        }
    }

    @Test
    void aDatabaseServesWhatItHad() {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/redis-server")));
        Path path = directory.resolve("redis");
        int number = start("/usr/bin/redis-server --port 18081 --unixsocket " + path + " --dir " + directory);
        await().atMost(PATIENCE).until(() -> redis("-p", "18081", "ping").equals("PONG\n"));
        for (int version = 1; version <= 3; version++) {
            assertThat(redis("-p", "18081", "incr", "counter")).isEqualTo(2 * version - 1 + "\n");
            await().atMost(PATIENCE).until(() -> prompt.type("checkpoint -kKILL " + number)
                    .messages()
                    .isEmpty()); // it looks into /proc now and then
            awaitEnd(number);
            prompt.types("restart " + number + " " + version, "");
            assertThat(redis("-s", path.toString(), "incr", "counter")).isEqualTo(2 * version + "\n");
        }
        cluster.signal(0, number, 9);
        awaitEnd(number);
    }

    private String redis(String... words) {
        return cluster.run(
                        0,
                        Stream.concat(Stream.of("/usr/bin/redis-cli"), Stream.of(words))
                                .toArray(String[]::new))
                .output();
    }
}
