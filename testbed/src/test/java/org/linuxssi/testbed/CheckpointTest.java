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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.linuxssi.control.ProcessRow;

/** Applications that are saved, ended and started again, by the commands that people type. */
class CheckpointTest extends SavingTest {

    /** A thread that beats, a child that doubles numbers through pipes with fifty in flight, a file both write to. */
    private static final String DOUBLING = """
            import os, sys, threading, time
            stop = sys.argv[1]
            to_child, from_parent = os.pipe()
            to_parent, from_child = os.pipe()
            log = os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
            child = os.fork()
            if child == 0:
                os.close(from_parent)
                answers = os.fdopen(from_child, 'w')
                for line in os.fdopen(to_child):
                    os.write(log, b'child %d\\n' % int(line))
                    answers.write('%d\\n' % (2 * int(line)))
                    answers.flush()
                os._exit(7)
            os.close(to_child)
            os.close(from_child)
            beats = 0
            def beat():
                global beats
                while True:
                    beats += 1
                    time.sleep(0.01)
            threading.Thread(target=beat, daemon=True).start()
            questions = os.fdopen(from_parent, 'w')
            answers = os.fdopen(to_parent)
            rounds = 0
            while not os.path.exists(stop):
                for k in range(50):
                    questions.write('%d\\n' % (50 * rounds + k))
                questions.flush()
                before = beats
                time.sleep(0.02)
                for k in range(50):
                    assert int(answers.readline()) == 2 * (50 * rounds + k)
                os.write(log, b'parent %d\\n' % rounds)
                print(rounds, flush=True)
                rounds += 1
            questions.close()
            print('child', os.WEXITSTATUS(os.waitpid(child, 0)[1]), 'beats', beats > rounds // 10)
            """;

    CheckpointTest(Cluster cluster) {
        super(cluster);
    }

    @BeforeEach
    void noneIsSaved() {
        assertThat(applications.versions()).isEmpty();
    }

    @AfterEach
    void removeAll() throws IOException {
        for (ProcessRow row : cluster.ps(0)) {
            if (row.command().contains(directory.toString())) {
                prompt.type("checkpoint -u " + row.pid());
                prompt.type("krg signal KILL " + row.pid());
            }
        }
        await().atMost(PATIENCE).until(() -> cluster.ps(0).stream()
                .noneMatch(row -> row.command().contains(directory.toString())));
        applications.removeVersions();
    }

    private Path store(int application, int version) {
        return cluster.bed().directory().checkpoints().resolve(application + "/v" + version);
    }

    private Path script(String text) throws IOException {
        return Files.writeString(directory.resolve("script"), text);
    }

    private Path output() {
        return directory.resolve("output");
    }

    /** Starts an application; its number is the pid of its first process. */
    private int start(String command) {
        return applications.start(output(), command);
    }

    private int startDoubling() throws IOException {
        int number =
                start("python3 " + script(DOUBLING) + " " + directory.resolve("stop") + " " + directory.resolve("log"));
        awaitLines(3);
        return number;
    }

    private void awaitLines(int count) {
        await().atMost(PATIENCE).until(() -> lines(output()).size() >= count);
    }

    private static List<String> lines(Path file) throws IOException {
        return Files.exists(file) ? Files.readAllLines(file) : List.of();
    }

    /** Lets it come to its end: all that it wrote has to be there, each once and in order. */
    private void awaitDoubled() throws IOException {
        Files.createFile(directory.resolve("stop"));
        await().atMost(PATIENCE).until(() -> String.join(" ", lines(output())).contains("child 7 beats"));
        int rounds = lines(output()).size() - 1;
        assertThat(lines(output()))
                .isEqualTo(Stream.concat(
                                IntStream.range(0, rounds).mapToObj(Integer::toString), Stream.of("child 7 beats True"))
                        .toList());
        assertThat(lines(directory.resolve("log")))
                .hasSize(51 * rounds)
                .doesNotHaveDuplicates()
                .contains("parent " + (rounds - 1), "child " + (50 * rounds - 1));
    }

    @Test
    void goesOnFromEachVersionAsIfNothingHadBeen() throws IOException {
        int number = startDoubling();
        for (int version = 1; version <= 5; version++) {
            int child = cluster.ps(0).stream()
                    .filter(row -> row.parent() == number)
                    .mapToInt(ProcessRow::pid)
                    .findFirst()
                    .orElseThrow();
            int one = version % 2 == 0 ? number : child;
            assertThat(prompt.type("checkpoint -kKILL -d again " + one).output())
                    .matches("Identifier: " + number + "\nVersion: " + version + "\nDescription: again\nDate: .*\n");
            applications.awaitEnd(number);
            applications.awaitEnd(child);
            prompt.types("restart -p " + number + " " + version, number + " " + child + "\n");
            awaitLines(lines(output()).size() + 2);
        }
        assertThat(store(number, 5))
                .isDirectoryContaining("glob:**/global.bin")
                .isDirectoryContaining("glob:**/node_0.bin")
                .isDirectoryContaining("glob:**/task_" + number + ".bin")
                .isDirectoryContaining("glob:**/task_mm_" + number + ".bin")
                .isDirectoryContaining("glob:**/shared_obj_0.bin")
                .isDirectoryContaining("glob:**/user_info_0.txt")
                .isDirectoryContaining("glob:**/description.txt");
        awaitDoubled();
    }

    @Test
    void runsOnUndisturbedWhileItIsSaved() throws IOException {
        int number = startDoubling();
        for (int i = 0; i < 20; i++) {
            assertThat(prompt.type("checkpoint --keep 2 " + number).messages()).isEmpty();
        }
        assertThat(applications.versions())
                .hasSize(2)
                .allMatch(line -> line.matches("Identifier: " + number + " +Version: (19|20) .*"));
        awaitDoubled();
    }

    @Test
    void aShellThatForksAllTheTimeIsCaughtBetweenAnyTwoSteps() throws IOException {
        Path script = script("""
                i=0
                while [ ! -e "$1" ]; do
                    i=$((i + 1))
                    for word in $(echo $i | cat); do sh -c "echo $word | sed 's/$/ of many/'"; done
                done
                echo end $i
                """);
        int number = start("bash " + script + " " + directory.resolve("stop"));
        awaitLines(3);
        for (int version = 1; version <= 12; version++) {
            boolean ends = version % 2 == 0;
            assertThat(prompt.type("checkpoint " + (ends ? "-kKILL " : "") + number)
                            .messages())
                    .isEmpty();
            if (ends) {
                applications.awaitEnd(number);
                prompt.types("restart " + number + " " + version, "");
            }
            awaitLines(lines(output()).size() + 2);
        }
        Files.createFile(directory.resolve("stop"));
        await().atMost(PATIENCE).until(() -> lines(output()).getLast().startsWith("end "));
        List<String> said = lines(output());
        for (int i = 1; i < said.size(); i++) {
            assertThat(said.get(i - 1)).isEqualTo(i + " of many");
        }
    }

    @Test
    void standsStillUntilItIsLetGo() throws IOException {
        int number = startDoubling();
        prompt.types("checkpoint -f " + number, "");
        List<String> before = lines(output());
        prompt.refuses(
                "checkpoint " + number,
                "checkpoint: application " + number
                        + " is frozen already: save it with -c, let it go with -u, end it with" + " -uKILL (EALREADY)");
        prompt.refuses(
                "migrate " + number + " 1", "migrate: pid " + number + " is frozen with its application (EALREADY)");
        for (int version = 1; version <= 2; version++) {
            assertThat(prompt.type("checkpoint -c -a " + number).output()).contains("Version: " + version + "\n");
        }
        assertThat(lines(output())).isEqualTo(before);
        prompt.types("checkpoint -u " + number, "");
        prompt.refuses(
                "checkpoint -c " + number,
                "checkpoint: application " + number + " is not frozen: freeze it with -f first (EINVAL)");
        awaitDoubled();
        applications.awaitEnd(number);
        Files.delete(output());
        Result refused = prompt.type("restart " + number + " 2");
        assertThat(refused.exit()).isEqualTo(1);
        assertThat(refused.messages())
                .startsWith("restart: version 2 of application " + number + " is not started on node 0: pid " + number)
                .contains(": " + output() + " is not there")
                .endsWith(" (EAGAIN)\n");
        Files.delete(directory.resolve("stop"));
        Files.write(output(), before);
        prompt.types("restart -U " + number + " 2", "");
        prompt.refuses(
                "migrate " + number + " 1", "migrate: pid " + number + " is frozen with its application (EALREADY)");
        assertThat(prompt.type("checkpoint -c " + number).messages()).contains("has not run since it was started");
        assertThat(lines(output())).isEqualTo(before);
        prompt.types("checkpoint -u " + number, "");
        awaitLines(before.size() + 2);
    }

    /** They fail by EINTR when a signal stops them (signal(7)): being frozen is to be none. */
    @Test
    void waitsThatNoHandlerInterruptsGoOn() throws IOException {
        Path script = script("""
                import ctypes, os, socket, struct, sys, threading, time
                libc = ctypes.CDLL(None, use_errno=True)
                semaphore = libc.semget(0, 1, 0o1600)
                operation = lambda change: struct.pack('hhh', 0, change, 0)
                one, other = socket.socketpair()
                door = socket.socket(socket.AF_UNIX)
                door.bind('')
                door.listen()
                for end in one, door:
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack('ll', 600, 0))
                limit = struct.pack('ll', 600, 0)
                room = ctypes.create_string_buffer(8)
                waits = {
                    'semop': lambda: libc.semop(semaphore, operation(-1), 1),
                    'semtimedop': lambda: libc.semtimedop(semaphore, operation(-1), 1, limit),
                    'recv': lambda: libc.recv(one.fileno(), room, 8, 0),
                    'read': lambda: libc.read(one.fileno(), room, 8),
                    'accept': lambda: min(libc.accept(door.fileno(), None, None), 0),
                }
                said = {}
                def wait(name):
                    said[name] = waits[name](), ctypes.get_errno()
                threads = [threading.Thread(target=wait, args=(name,)) for name in waits]
                for thread in threads:
                    thread.start()
                time.sleep(0.3)
                print('ready', flush=True)
                while not os.path.exists(sys.argv[1]):
                    time.sleep(0.01)
                print(len(said), 'came back early', flush=True)
                libc.semop(semaphore, operation(2), 1)
                for thread in threads[2:4]:
                    other.send(b'x')
                    time.sleep(0.1)
                socket.socket(socket.AF_UNIX).connect(door.getsockname())
                for thread in threads:
                    thread.join()
                libc.semctl(semaphore, 0, 0)
                print(*sorted(said.items()), flush=True)
                """);
        int number = start("python3 " + script + " " + directory.resolve("stop"));
        awaitLines(1);
        for (int freezes = 0; freezes < 5; freezes++) {
            prompt.types("checkpoint -f " + number, "");
            prompt.types("checkpoint -u " + number, "");
        }
        Files.createFile(directory.resolve("stop"));
        applications.awaitEnd(number);
        assertThat(lines(output()))
                .containsExactly(
                        "ready",
                        "0 came back early",
                        "('accept', (0, 0)) ('read', (1, 0)) ('recv', (1, 0)) ('semop', (0, 0)) ('semtimedop', (0, 0))");
    }

    @Test
    void memoryThatProcessesShareIsSavedOnce() throws IOException {
        Path script = script("""
                import mmap, multiprocessing, os, sys, time
                area = mmap.mmap(-1, 3 << 20)
                area[2 << 20:(2 << 20) + 5] = b'apart'
                named = os.memfd_create('notes')
                os.write(named, b'0123456789')
                os.lseek(named, 4, os.SEEK_SET)
                gone = os.open(sys.argv[1] + '.gone', os.O_RDWR | os.O_CREAT)
                os.write(gone, b'deleted')
                os.unlink(sys.argv[1] + '.gone')
                counter = multiprocessing.Value('i', 0)
                queue = multiprocessing.SimpleQueue()
                def work(step):
                    for i in range(1000000):
                        with counter.get_lock():
                            counter.value += step
                        area[step] = i % 251
                        if os.path.exists(sys.argv[1]):
                            queue.put((step, i + 1))
                            return
                        time.sleep(0.001)
                workers = [multiprocessing.Process(target=work, args=(step,)) for step in (1, 2, 3)]
                for worker in workers:
                    worker.start()
                while not os.path.exists(sys.argv[1]):
                    print(counter.value, flush=True)
                    time.sleep(0.05)
                sums = [queue.get() for worker in workers]
                for worker in workers:
                    worker.join()
                print('sum', counter.value == sum(step * laps for step, laps in sums))
                print(bytes(area[2 << 20:(2 << 20) + 5]), [area[step] == (laps - 1) % 251 for step, laps in sums])
                os.lseek(gone, 0, os.SEEK_SET)
                print(os.read(named, 100), os.read(gone, 100), os.fstat(gone).st_nlink)
                """);
        int number = start("python3 " + script + " " + directory.resolve("stop"));
        awaitLines(5);
        for (int version = 1; version <= 3; version++) {
            applications.saveAndEnd(number);
            prompt.types("restart " + number + " " + version, "");
            awaitLines(lines(output()).size() + 3);
        }
        assertThat(prompt.type("checkpoint " + number).messages()).isEmpty();
        Files.createFile(directory.resolve("stop"));
        await().atMost(PATIENCE).until(() -> String.join(" ", lines(output())).contains("deleted"));
        assertThat(lines(output())).endsWith("sum True", "b'apart' [True, True, True]", "b'456789' b'deleted' 0");
    }

    @Test
    void locksOnPartsOfFilesAreTakenAgain() throws IOException {
        Path script = script("""
                import fcntl, os, struct, sys, time
                flags = os.O_RDWR | os.O_CREAT
                file, other = os.open(sys.argv[1] + '.locked', flags), os.open(sys.argv[1] + '.locked', flags)
                os.write(file, b'x' * 1000)
                fcntl.lockf(file, fcntl.LOCK_EX, 10, 5)
                fcntl.lockf(file, fcntl.LOCK_SH, 20, 100)
                fcntl.lockf(file, fcntl.LOCK_EX, 0, 5000)
                fcntl.fcntl(other, 37, struct.pack('hhqqi4x', fcntl.F_WRLCK, 0, 300, 50, 0))
                os.fork()
                while not os.path.exists(sys.argv[1]):
                    print('holds', flush=True)
                    time.sleep(0.1)
                """);
        String look = """
                import fcntl, os, struct, sys
                file = os.open(sys.argv[1] + '.locked', os.O_RDWR)
                for start in 0, 5, 15, 100, 119, 120, 300, 350, 4999, 5000, 10000:
                    lock = struct.pack('hhqqi4x', fcntl.F_WRLCK, 0, start, 1, 0)
                    kind, whence, first, length, pid = struct.unpack('hhqqi4x', fcntl.fcntl(file, fcntl.F_GETLK, lock))
                    print(start, kind, first, length, pid)
                """;
        Path stop = directory.resolve("stop");
        int number = start("python3 " + script + " " + stop);
        awaitLines(2);
        String before = cluster.run(0, "python3", "-c", look, stop.toString()).output();
        assertThat(before).contains("\n5 1 5 10 " + number + "\n15 2 ", "\n300 1 300 50 -1\n350 2 ");
        for (int version = 1; version <= 2; version++) {
            applications.saveAndEnd(number);
            assertThat(cluster.run(0, "python3", "-c", look, stop.toString()).output())
                    .doesNotContain(" 1 5 ", " 1 300 ");
            prompt.types("restart " + number + " " + version, "");
            assertThat(cluster.run(0, "python3", "-c", look, stop.toString()).output())
                    .isEqualTo(before);
        }
        Files.createFile(stop);
        applications.awaitEnd(number);
    }

    @Test
    void startsOnAnotherNodeToo() throws IOException {
        int number = startDoubling();
        applications.saveAndEnd(number);
        prompt.types("restart --on 2 " + number + " 1", "");
        assertThat(cluster.where(number)).contains(2);
        cluster.migrate(number, 1);
        prompt.refuses(
                "restart --on 0 " + number + " 1",
                "restart: version 1 of application " + number + " is not started: pid " + number
                        + " is in use on node 1 (EEXIST)");
        awaitDoubled();
        applications.awaitEnd(number);
    }

    @Test
    void whatCannotBeSavedIsRefusedAndRunsOn() throws IOException {
        Path script = script("""
                import os, socket, sys, time
                one = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, 0)
                while True:
                    print(os.fstat(one.fileno()).st_mode if len(sys.argv) > 1 else 0, flush=True)
                    time.sleep(0.05)
                """);
        int number = start("python3 " + script);
        awaitLines(2);
        Result refused = prompt.type("checkpoint " + number);
        assertThat(refused.exit()).isEqualTo(1);
        assertThat(refused.messages())
                .matches("checkpoint: application " + number + " cannot be saved: pid " + number
                        + ": fd \\d+: socket:\\[\\d+\\]: a netlink socket is not saved \\(EAGAIN\\)\n");
        assertThat(store(number, 1)).doesNotExist();
        awaitLines(lines(output()).size() + 2);
        assertThat(prompt.type("checkpoint -i -kKILL " + number).messages()).isEmpty();
        applications.awaitEnd(number);
        prompt.types("restart " + number + " 1", "");
        awaitLines(lines(output()).size() + 2);
        assertThat(cluster.run(0, "ls", "-l", "/proc/" + number + "/fd").output())
                .doesNotContain("socket:");
    }

    @Test
    void aPipeThatLeadsOutOfTheApplicationIsRefused() {
        try (Program program = cluster.start(0, Command.of("sh", "-c", "sleep 1000 | cat"))) {
            await().until(() ->
                    cluster.ps(0).stream().anyMatch(row -> row.command().equals("cat")));
            int cat = cluster.ps(0).stream()
                    .filter(row -> row.command().equals("cat"))
                    .mapToInt(ProcessRow::pid)
                    .findFirst()
                    .orElseThrow();
            prompt.refuses(
                    "checkpoint " + cat,
                    "checkpoint: pid " + cat + " lacks CHECKPOINTABLE: start it with krgcr-run, or use krgcapset -d"
                            + " +CHECKPOINTABLE in its shell before (EPERM)");
            prompt.types("krgcapset -k " + cat + " -e +CHECKPOINTABLE", "");
            assertThat(prompt.type("checkpoint " + cat).messages())
                    .matches("checkpoint: application " + cat + " cannot be saved: pid " + cat
                            + ": fd 0: pipe:\\[\\d+\\]: its other end belongs to process \\d+, which is not saved with it"
                            + " \\(EAGAIN\\)\n");
            cluster.signal(0, program.pid(), 9);
            cluster.signal(0, cat, 9);
        }
    }

    @Test
    void aDamagedVersionIsRefusedAndLeavesNothing() throws IOException {
        int number = startDoubling();
        applications.saveAndEnd(number);
        Leaks before = cluster.leaks();
        try (Stream<Path> files = Files.list(store(number, 1))) {
            for (Path file :
                    files.filter(one -> one.toString().endsWith(".bin")).toList()) {
                byte[] good = Files.readAllBytes(file);
                byte[] bad = good.clone();
                bad[bad.length / 2] ^= 0x10;
                Files.write(file, bad);
                Result damaged = prompt.type("restart " + number + " 1");
                Files.write(file, java.util.Arrays.copyOf(good, good.length - 1));
                Result cut = prompt.type("restart " + number + " 1");
                Files.write(file, good);
                for (Result result : List.of(damaged, cut)) {
                    assertThat(result.exit()).describedAs(file.toString()).isEqualTo(1);
                    assertThat(result.messages()).contains("restart: version 1 of application " + number, "(EIO)");
                }
            }
        }
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(cluster.leaksSince(before)).isEmpty());
        prompt.refuses(
                "restart " + number + " 3",
                "restart: version 3 of application " + number + " is not started: " + store(number, 3)
                        + " is not there; see krg ckpt list (ENOENT)");
        prompt.types("restart " + number + " 1", "");
        awaitLines(lines(output()).size() + 2);
    }

    @Test
    void capabilitiesAreInheritedByThoseThatAreForkedLater() throws IOException {
        Path script = script("""
                krgcapset() { :; }
                sleep 1000 &
                echo $!
                while [ ! -e "$1" ]; do sleep 0.05; done
                sleep 1001 &
                echo $!
                wait
                """);
        int number = start("bash " + script + " " + directory.resolve("go"));
        awaitLines(1);
        prompt.types("krgcapset -k " + number + " -d -CHECKPOINTABLE", "");
        Files.createFile(directory.resolve("go"));
        awaitLines(2);
        int early = Integer.parseInt(lines(output()).getFirst());
        int late = Integer.parseInt(lines(output()).getLast());
        prompt.types("krgcapset -s -k " + early, """
                Permitted Capabilities: 021
                \tCHANGE_KERRIGHED_CAP
                \tCHECKPOINTABLE
                Effective Capabilities: 021
                \tCHANGE_KERRIGHED_CAP
                \tCHECKPOINTABLE
                Inheritable Permitted Capabilities: 021
                \tCHANGE_KERRIGHED_CAP
                \tCHECKPOINTABLE
                Inheritable Effective Capabilities: 021
                \tCHANGE_KERRIGHED_CAP
                \tCHECKPOINTABLE
                """);
        assertThat(prompt.type("krgcapset -s -k " + late).output())
                .contains("Effective Capabilities: 01\n", "Inheritable Effective Capabilities: 01\n");
        assertThat(prompt.type("checkpoint -v " + early).output()).contains(": 2 processes, ");
        prompt.refuses(
                "krgcapset -k " + late + " -p 1 -e +CHECKPOINTABLE",
                "krgcapset: make CHECKPOINTABLE effective, which is not permitted: Invalid argument (EINVAL)");
        prompt.refuses(
                "krgcapset -k " + late + " -p +DEBUG",
                "krgcapset: permit DEBUG, without a meaning in this version: Function not implemented (ENOSYS)");
        prompt.types("krgcapset -f -k " + late + " -e 0", "");
        prompt.refuses(
                "krgcapset -k " + late + " -e 1",
                "krgcapset: change capabilities of process " + late
                        + ", which lacks CHANGE_KERRIGHED_CAP: Operation not permitted (EPERM)");
        prompt.refuses(
                "krgcapset -s",
                "krgcapset: the caller's parent is no process of the cluster: name one with -k PID (EPERM)");
        cluster.signal(0, early, 9);
        cluster.signal(0, late, 9);
    }
}
