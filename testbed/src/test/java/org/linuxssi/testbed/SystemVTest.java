package org.linuxssi.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Message queues, semaphores and shared memory of System V that are saved by themselves, and applications that use them. */
class SystemVTest extends SavingTest {

    private static final String LIBRARY = """
            import ctypes, os, struct, sys, time
            libc = ctypes.CDLL(None, use_errno=True)
            libc.shmat.restype = ctypes.c_void_p
            def ok(result):
                if result == -1:
                    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
                return result
            def send(queue, kind, text):
                ok(libc.msgsnd(queue, struct.pack('l', kind) + text, len(text), 0))
            def receive(queue, kind=0):
                room = ctypes.create_string_buffer(9000)
                count = ok(libc.msgrcv(queue, room, 8992, kind, 0o4000))
                return struct.unpack_from('l', room)[0], room.raw[8:8 + count]
            def attach(memory, size, flags=0):
                return (ctypes.c_char * size).from_address(libc.shmat(memory, None, flags))
            """;

    SystemVTest(Cluster cluster) {
        super(cluster);
    }

    @AfterEach
    void removeAll() throws IOException {
        inside(0, "os.system('ipcrm -a')");
        inside(1, "os.system('ipcrm -a')");
        applications.removeVersions();
    }

    private Path script(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), LIBRARY + text);
    }

    /** Runs lines of Python in the container of a node; returns what they print. */
    private String inside(int node, String lines) throws IOException {
        Result result = cluster.run(node, "python3", script("inside", lines).toString());
        assertThat(result.messages()).isEmpty();
        return result.output();
    }

    private Path file(String name) {
        return directory.resolve(name);
    }

    @Test
    void aQueueComesBackWithItsMessages() throws IOException {
        int id = Integer.parseInt(inside(0, """
                libc.msgget(0, 0o600)
                queue = ok(libc.msgget(0x5353, 0o3640))
                for i in range(1, 30):
                    send(queue, 1 + i % 3, b'x' * (i * 37))
                send(queue, 2, b'')
                print(queue)
                """).strip());
        prompt.types("ipccheckpoint -q " + id + " " + file("queue"), "");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file("queue"))))
                .isEqualTo("rw-------");
        prompt.refuses(
                "ipccheckpoint -q " + id + " " + file("queue"),
                "ipccheckpoint: open " + file("queue") + ": File exists (EEXIST)");
        prompt.refuses(
                "ipcrestart -q " + file("queue"),
                "ipcrestart: key 0x5353 is that of message queue " + id + ": remove it with ipcrm first (EEXIST)");
        String messages = """
                def all(queue):
                    print(queue, oct(struct.unpack_from('I', status(queue), 20)[0]))
                    while True:
                        try:
                            kind, text = receive(queue)
                            print(kind, len(text), text.strip(b'x'))
                        except OSError as end:
                            print(end.strerror)
                            return
                def status(queue):
                    room = ctypes.create_string_buffer(200)
                    ok(libc.msgctl(queue, 2, room))
                    return room.raw
                all(ok(libc.msgget(0x5353, 0)))
                ok(libc.msgctl(libc.msgget(0x5353, 0), 0, 0))
                """;
        String before = inside(0, messages);
        assertThat(before.lines()).hasSize(32).contains("2 0 b''", "No message of desired type", id + " 0o640");
        prompt.types("ipcrestart -q " + file("queue"), "");
        assertThat(inside(0, messages)).isEqualTo(before);
        prompt.types("ipcrestart --on 1 -q " + file("queue"), "");
        assertThat(inside(1, messages)).isEqualTo(before);
    }

    @Test
    void semaphoresComeBackWithTheirValues() throws IOException {
        int id = Integer.parseInt(inside(0, """
                array = ok(libc.semget(0, 5, 0o1600))
                for i in range(5):
                    ok(libc.semctl(array, i, 16, 8000 * i))
                print(array)
                """).strip());
        prompt.types("ipccheckpoint -s " + id + " " + file("semaphores"), "");
        prompt.refuses(
                "ipcrestart -s " + file("semaphores"),
                "ipcrestart: semaphores is not there again: make semaphores " + id + ": File exists (EEXIST)");
        inside(0, "ok(libc.semctl(" + id + ", 0, 0))");
        prompt.refuses(
                "ipcrestart -m " + file("semaphores"),
                "ipcrestart: the file holds semaphores, not shared memory (EINVAL)");
        prompt.types("ipcrestart -s " + file("semaphores"), "");
        assertThat(inside(0, "print([ok(libc.semctl(" + id + ", i, 12)) for i in range(5)])"))
                .isEqualTo("[0, 8000, 16000, 24000, 32000]\n");
    }

    @Test
    void whatIsDamagedOrNotThereIsRefused() throws IOException {
        prompt.refuses(
                "ipccheckpoint -m 77 " + file("memory"),
                "ipccheckpoint: shared memory 77 is not saved: look at shared memory 77: Invalid argument (EINVAL)");
        assertThat(file("memory")).doesNotExist();
        int id = Integer.parseInt(inside(0, """
                memory = ok(libc.shmget(0x5354, 3 << 20, 0o3600))
                attach(memory, 3 << 20)[1 << 20:(1 << 20) + 5] = b'hello'
                print(memory)
                """).strip());
        prompt.types("ipccheckpoint -m " + id + " " + file("memory"), "");
        assertThat(Files.size(file("memory"))).isBetween(4096L, 16384L);
        inside(0, "ok(libc.shmctl(" + id + ", 0, 0))");
        byte[] whole = Files.readAllBytes(file("memory"));
        for (int damaged : List.of(3, 15, 25, 60, 200, whole.length - 30)) {
            byte[] bytes = whole.clone();
            bytes[damaged] ^= 4;
            Files.write(file("memory"), bytes);
            assertThat(prompt.type("ipcrestart -m " + file("memory")).messages())
                    .startsWith("ipcrestart: ")
                    .endsWith(" (EIO)\n");
        }
        for (int length : List.of(0, 30, whole.length - 1)) {
            Files.write(file("memory"), java.util.Arrays.copyOf(whole, length));
            assertThat(prompt.type("ipcrestart -m " + file("memory")).exit()).isEqualTo(1);
        }
        assertThat(inside(0, "print(libc.shmget(0x5354, 0, 0))")).isEqualTo("-1\n");
        Files.write(file("memory"), whole);
        prompt.types("ipcrestart -m " + file("memory"), "");
        assertThat(inside(0, """
                memory = ok(libc.shmget(0x5354, 0, 0))
                bytes = attach(memory, 3 << 20, 0o10000).raw
                print(memory, bytes.strip(bytes[:1]), bytes.find(b'hello'))
                """)).isEqualTo(id + " b'hello' 1048576\n");
    }

    @Test
    void anApplicationIsStartedAgainWithItsSharedMemory() throws IOException {
        Path script = script("application", """
                kept = ok(libc.shmget(0x5355, 1 << 20, 0o3600))
                gone = ok(libc.shmget(0, 1 << 20, 0o1600))
                one, two, look = attach(kept, 1 << 20), attach(gone, 1 << 20), attach(kept, 1 << 20, 0o10000)
                ok(libc.shmctl(gone, 0, 0))
                child = os.fork()
                laps = 0
                while not os.path.exists(sys.argv[1]):
                    laps += 1
                    (one if child else two)[0:8] = struct.pack('l', laps)
                    time.sleep(0.001)
                    if child and laps % 50 == 0:
                        print(kept, laps, struct.unpack('l', one[0:8])[0], flush=True)
                if child:
                    print(os.WEXITSTATUS(os.waitpid(child, 0)[1]), look[0:8] == one[0:8], flush=True)
                else:
                    print('child', laps == struct.unpack('l', two[0:8])[0], flush=True)
                    os._exit(7)
                """);
        Path output = file("output");
        int number = applications.start(output, "python3 " + script + " " + file("stop"));
        await().atMost(PATIENCE).until(() -> Files.readAllLines(output).size() > 2);
        String id = Files.readAllLines(output).getFirst().split(" ")[0];
        prompt.types("checkpoint -f " + number, "");
        prompt.types("ipccheckpoint -m " + id + " " + file("memory"), "");
        assertThat(prompt.type("checkpoint -c " + number).messages()).isEmpty();
        prompt.types("checkpoint -uKILL " + number, "");
        applications.awaitEnd(number);
        inside(0, "ok(libc.shmctl(" + id + ", 0, 0))");
        for (int node : List.of(0, 1)) {
            String on = " --on " + node + " ";
            Result refused = prompt.type("restart" + on + number + " 1");
            assertThat(refused.messages())
                    .contains(": System V shared memory " + id
                            + " (key 0x5355) is not there: bring it back with ipcrestart");
            prompt.types("ipcrestart" + on + "-m " + file("memory"), "");
            int lines = Files.readAllLines(output).size();
            prompt.types("restart" + on + number + " 1", "");
            await().atMost(PATIENCE).until(() -> Files.readAllLines(output).size() > lines + 2);
            Files.createFile(file("stop"));
            applications.awaitEnd(number);
            Files.delete(file("stop"));
            assertThat(Files.readAllLines(output)).endsWith("child True", "7 True");
        }
    }
}
