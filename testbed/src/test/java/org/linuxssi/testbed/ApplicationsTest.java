package org.linuxssi.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.control.ProcessRow;

/**
 * Whole applications, as they are, that are saved, ended and started again in the middle of their work, from node to node.
 * {@code -Dlinuxssi.applications.rounds=N} sets how often; those that are not installed are left out.
 */
@Timeout(value = 1800, unit = TimeUnit.SECONDS)
class ApplicationsTest extends SavingTest {

    private static final int ROUNDS = Integer.getInteger("linuxssi.applications.rounds", 2);
    private static final Path POSTGRES = Path.of("/usr/lib/postgresql");

    ApplicationsTest(Cluster cluster) {
        super(cluster);
    }

    private Path file(String name) {
        return directory.resolve(name);
    }

    private Path script(String name, String text) throws IOException {
        Path script = Files.writeString(file(name), text.replace("@", directory.toString()));
        return Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private int start(String command) {
        return applications.start(file("output"), command);
    }

    private List<String> output() throws IOException {
        return Files.readAllLines(file("output"));
    }

    private void awaitMore(int lines) throws IOException {
        int before = output().size();
        await().atMost(PATIENCE).until(() -> output().size() >= before + lines);
    }

    /** Saves and ends the application and starts it on another node, round by round; it has to go on each time. */
    private void again(int application, int lines) throws IOException {
        for (int round = 1; round <= ROUNDS; round++) {
            awaitMore(lines);
            save(application, "-kKILL");
            applications.awaitEnd(application);
            prompt.types("restart --on " + round % cluster.nodes() + " " + application + " " + round, "");
        }
        awaitMore(lines);
    }

    /** Some reasons pass at once, as a file of the kernel that a server looks at. */
    private void save(int application, String steps) {
        Result result = await().atMost(PATIENCE)
                .until(
                        () -> prompt.type("checkpoint " + steps + " " + application),
                        done -> done.exit() == 0 || !done.messages().contains("(EAGAIN)"));
        assertThat(result.messages()).isEmpty();
    }

    @AfterEach
    void removeAll() throws IOException {
        for (ProcessRow row : cluster.ps(0)) {
            if (row.command().contains(directory.toString())) {
                prompt.type("krg signal KILL " + row.pid());
            }
        }
        applications.removeVersions();
    }

    private static void assumeInstalled(String... programs) {
        for (String program : programs) {
            assumeTrue(
                    Stream.of("/usr/bin/", "/usr/sbin/")
                            .anyMatch(place -> Files.isExecutable(Path.of(place + program))),
                    program + " is not installed");
        }
    }

    @Test
    void aDataBaseInMemoryWithClients() throws IOException {
        assumeInstalled("redis-server", "redis-cli", "redis-benchmark");
        Path script = script("redis", """
                redis-server --port 18083 --unixsocket @/socket --save '' --daemonize no >@/log 2>&1 &
                until redis-cli -s @/socket ping >/dev/null 2>&1; do sleep 0.1; done
                redis-benchmark -s @/socket -c 8 -r 10000 -l -q -t set,get,lpush >@/load 2>&1 &
                redis-benchmark -p 18083 -c 8 -r 10000 -l -q -t set,get,incr >@/load 2>&1 &
                while redis-cli -s @/socket incr laps; do sleep 0.02; done
                """);
        int application = start("sh " + script);
        again(application, 20);
        prompt.type("krg signal KILL -- -" + application);
        applications.awaitEnd(application);
        List<String> laps =
                output().stream().filter(line -> line.matches("\\d+")).toList();
        assertThat(laps)
                .isEqualTo(IntStream.rangeClosed(1, laps.size())
                        .mapToObj(Integer::toString)
                        .toList());
    }

    @Test
    void aDataBaseOnDiskWithTransactions() throws IOException {
        assumeTrue(Files.isDirectory(POSTGRES), "PostgreSQL is not installed");
        Path programs;
        try (Stream<Path> versions = Files.list(POSTGRES)) {
            programs = versions.sorted().toList().getLast().resolve("bin");
        }
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        String bank = """
                cd @ && PATH=%s:$PATH
                initdb -D @/data -A trust >@/log 2>&1
                postgres -D @/data -k @ -c listen_addresses= -c fsync=off >>@/log 2>&1 &
                until pg_isready -q -h @; do sleep 0.1; done
                createdb -h @ bank && pgbench -h @ -i -q bank >>@/log 2>&1
                exec pgbench -h @ -c 4 -j 2 -T 36000 -P 1 bank
                """.formatted(programs);
        Path script = script("postgres", bank);
        int application = start("setpriv --reuid=postgres --regid=postgres --clear-groups sh " + script);
        await().atMost(PATIENCE).until(() -> output().size() > 1);
        for (int round = 1; round <= ROUNDS; round++) {
            awaitMore(2);
            int from = (round - 1) % cluster.nodes();
            int to = round % cluster.nodes();
            String segment = memory(from);
            save(application, "-f");
            prompt.types("ipccheckpoint --on " + from + " -m " + segment + " " + file("memory" + round), "");
            save(application, "-c");
            prompt.types("checkpoint -uKILL " + application, "");
            applications.awaitEnd(application);
            assertThat(cluster.run(from, "ipcrm", "-m", segment).exit()).isZero();
            prompt.types("ipcrestart --on " + to + " -m " + file("memory" + round), "");
            prompt.types("restart --on " + to + " " + application + " " + round, "");
        }
        awaitMore(2);
        int node = ROUNDS % cluster.nodes();
        prompt.types("krg signal INT " + application, "");
        String sums = "select (select sum(abalance) from pgbench_accounts) = (select sum(delta) from pgbench_history),"
                + " (select sum(tbalance) from pgbench_tellers) = (select sum(delta) from pgbench_history),"
                + " (select count(*) > 100 from pgbench_history)";
        Result balance = cluster.run(
                node,
                programs.resolve("psql").toString(),
                "-h",
                directory.toString(),
                "-U",
                "postgres",
                "-Atc",
                sums,
                "bank");
        assertThat(balance).isEqualTo(new Result(0, "t|t|t\n", ""));
        prompt.types("krg signal INT " + postmaster(), "");
        await().atMost(PATIENCE).until(() -> !Files.exists(file("data/postmaster.pid")));
    }

    private String memory(int node) {
        return cluster.run(node, "ipcs", "-m")
                .output()
                .lines()
                .filter(line -> line.contains("postgres"))
                .map(line -> line.split(" +")[1])
                .findFirst()
                .orElseThrow();
    }

    private String postmaster() throws IOException {
        return Files.readAllLines(file("data/postmaster.pid")).getFirst();
    }

    @Test
    void aServerOfPages() throws IOException {
        assumeInstalled("nginx", "curl");
        Files.writeString(Files.createDirectory(file("pages")).resolve("index.html"), "a page\n");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        script("nginx.conf", """
                worker_processes 2;
                daemon off;
                pid @/pid;
                error_log @/log;
                events { worker_connections 64; }
                http {
                    access_log off;
                    client_body_temp_path @/1; proxy_temp_path @/2; fastcgi_temp_path @/3; uwsgi_temp_path @/4; scgi_temp_path @/5;
                    server { listen unix:@/socket; root @/pages; }
                }
                """);
        int application = start("nginx -p " + directory + " -c " + file("nginx.conf"));
        for (int round = 1; round <= ROUNDS; round++) {
            assertThat(page((round - 1) % cluster.nodes())).isEqualTo("a page\n");
            save(application, "-kKILL");
            applications.awaitEnd(application);
            prompt.types("restart --on " + round % cluster.nodes() + " " + application + " " + round, "");
        }
        int node = ROUNDS % cluster.nodes();
        assertThat(page(node)).isEqualTo("a page\n");
        prompt.types("krg signal HUP " + application, "");
        await().atMost(PATIENCE)
                .until(() -> cluster.ps(node).stream()
                                .filter(row -> row.command().contains("worker process") && row.pid() > application + 2)
                                .count()
                        == 2);
        assertThat(page(node)).isEqualTo("a page\n");
        prompt.types("krg signal QUIT " + application, "");
        applications.awaitEnd(application);
    }

    private String page(int node) {
        List<Result> results = new ArrayList<>();
        await().atMost(PATIENCE).until(() -> {
            results.add(cluster.run(
                    node, "curl", "-s", "--unix-socket", file("socket").toString(), "http://page/"));
            return results.getLast().exit() == 0;
        });
        return results.getLast().output();
    }

    @Test
    void aServerInJava() throws IOException {
        Files.writeString(file("Server.java"), """
                import com.sun.net.httpserver.HttpServer;
                import java.net.InetAddress;
                import java.net.InetSocketAddress;
                import java.util.concurrent.Executors;
                import java.util.concurrent.atomic.AtomicLong;
                public final class Server {
                    public static void main(String[] arguments) throws Exception {
                        AtomicLong visits = new AtomicLong();
                        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 9);
                        server.setExecutor(Executors.newFixedThreadPool(4));
                        server.createContext("/", exchange -> {
                            byte[] answer = (visits.incrementAndGet() + "\\n").getBytes();
                            exchange.sendResponseHeaders(200, answer.length);
                            exchange.getResponseBody().write(answer);
                            exchange.close();
                        });
                        server.start();
                        System.out.println("port " + server.getAddress().getPort());
                        StringBuilder garbage = new StringBuilder();
                        for (long lap = 0; ; lap++) {
                            garbage.append(lap).reverse();
                            if (lap % 100 == 0) {
                                System.out.println(lap + " " + Long.toHexString(garbage.toString().hashCode()));
                                garbage.setLength(0);
                            }
                            Thread.sleep(1);
                        }
                    }
                }
                """);
        int application = start(Programs.jdk("java") + " -Xmx64m -XX:-UsePerfData " + file("Server.java"));
        await().atMost(PATIENCE).until(() -> !output().isEmpty());
        String port = output().getFirst().substring("port ".length());
        again(application, 3);
        assertThat(cluster.run(ROUNDS % cluster.nodes(), "python3", "-c", """
                import urllib.request
                for _ in range(3):
                    print(int(urllib.request.urlopen('http://127.0.0.1:%s/').read()))
                """.formatted(port)))
                .isEqualTo(new Result(0, "1\n2\n3\n", ""));
        List<String> laps = output().subList(1, output().size());
        assertThat(laps.stream().map(line -> line.split(" ")[0]))
                .isEqualTo(IntStream.range(0, laps.size())
                        .mapToObj(lap -> Integer.toString(100 * lap))
                        .toList());
        prompt.types("krg signal KILL " + application, "");
        applications.awaitEnd(application);
    }

    @Test
    void aBuildWithManyCompilers() throws IOException {
        StringBuilder names = new StringBuilder();
        for (int part = 0; part < 20 * ROUNDS; part++) {
            Files.writeString(file("part" + part + ".c"), """
                    #include <stdio.h>
                    #include <stdlib.h>
                    #include <string.h>
                    #include <sys/socket.h>
                    int part%d(int x) { char b[64]; snprintf(b, sizeof b, "%%d", x * %d); return atoi(b) + (int)strlen(b); }
                    """.formatted(part, part));
            names.append(" part").append(part).append(".o");
        }
        Files.writeString(file("Makefile"), """
                program: main.o %s
                	gcc -o $@ $^
                %%.o: %%.c
                	gcc -O2 -c -o $@ $<
                	@echo $@ is made
                """.formatted(names));
        String calls = IntStream.range(0, 20 * ROUNDS)
                .mapToObj(part -> "int part%d(int); ".formatted(part))
                .reduce("", String::concat);
        String sum = IntStream.range(0, 20 * ROUNDS)
                .mapToObj(part -> "part%d(7)".formatted(part))
                .reduce((one, two) -> one + " + " + two)
                .orElseThrow();
        Files.writeString(
                file("main.c"),
                "#include <stdio.h>\n" + calls + "int main(void) { printf(\"%d\\n\", " + sum + "); }\n");
        int application = start("env TMPDIR=" + directory + " make -s -j2 -C " + directory);
        int rounds = 0;
        while (rounds < ROUNDS
                && output().stream().filter(line -> line.endsWith(" is made")).count() < 20L * ROUNDS) {
            save(application, "-kKILL");
            applications.awaitEnd(application);
            rounds++;
            prompt.types("restart --on " + rounds % cluster.nodes() + " " + application + " " + rounds, "");
            awaitMore(1);
        }
        applications.awaitEnd(application);
        assertThat(rounds).isEqualTo(ROUNDS);
        int expected = IntStream.range(0, 20 * ROUNDS)
                .map(part -> 7 * part + Integer.toString(7 * part).length())
                .sum();
        assertThat(cluster.run(0, file("program").toString())).isEqualTo(new Result(0, expected + "\n", ""));
        assertThat(output()).hasSize(20 * ROUNDS + 1).doesNotHaveDuplicates();
    }

    @Test
    void workersInPython() throws IOException {
        Path script = script("pool.py", """
                import multiprocessing, time
                def work(number):
                    time.sleep(0.005)
                    return number * number
                if __name__ == '__main__':
                    with multiprocessing.Pool(3) as pool:
                        lap = 0
                        while True:
                            assert pool.map(work, range(lap, lap + 20)) == [n * n for n in range(lap, lap + 20)]
                            lap += 20
                            print(lap, flush=True)
                """);
        int application = start("python3 " + script);
        again(application, 5);
        prompt.type("krg signal KILL -- -" + application);
        applications.awaitEnd(application);
        List<String> laps = output();
        assertThat(laps)
                .isEqualTo(IntStream.rangeClosed(1, laps.size())
                        .mapToObj(lap -> Integer.toString(20 * lap))
                        .toList());
    }
}
