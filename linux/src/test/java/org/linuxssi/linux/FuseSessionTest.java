package org.linuxssi.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Unmodified tools on a file system in memory. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class FuseSessionTest {

    @TempDir
    Path directory;

    private final FuseMemoryTree tree = new FuseMemoryTree();
    private FuseDevice device;
    private FuseSession session;

    @BeforeEach
    void mount() {
        device = FuseDevice.open();
        device.mount(FuseMountOptions.of("memory"), directory.toString(), FuseMountOptions.MS_NOSUID);
        session = FuseSession.start(device, FuseOptions.storage("test", 2).with(FuseAbi.DO_READDIRPLUS), tree);
        session.awaitReady(Duration.ofSeconds(10));
    }

    @AfterEach
    void unmount() {
        FuseDevice.unmount(directory.toString());
        session.ended().orTimeout(20, TimeUnit.SECONDS).join();
        device.close();
    }

    private String run(String script) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("bash", "-c", script)
                .directory(Path.of("/").toFile())
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        try {
            String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).as(out).isZero();
            return out.strip();
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void toolsWriteReadAndList() throws Exception {
        String out = run(
                "cd " + directory + " && umask 022 && mkdir -p a/b && echo hello > a/b/f && ln -s b a/link"
                        + " && cat a/link/f && chmod 640 a/b/f && stat -c '%a %s %F' a/b/f && mv a/b/f a/g && find . | sort | xargs");
        assertThat(out.lines()).containsExactly("hello", "640 6 regular file", ". ./a ./a/b ./a/g ./a/link ./blocked");
    }

    @Test
    void aMegabyteComesBackUnchanged() throws Exception {
        String out =
                run("cd " + directory + " && head -c 3000001 /dev/urandom > /dev/shm/fuse-$$ && cp /dev/shm/fuse-$$ big"
                        + " && cmp /dev/shm/fuse-$$ big && echo same; rm /dev/shm/fuse-$$; rm big; ls");
        assertThat(out.lines()).containsExactly("same", "blocked");
    }

    @Test
    void pythonUsesNamesThatAreNotUtf8AndAttributes() throws Exception {
        String out = run("cd " + directory + " && python3 -c \"import os\n"
                + "open(b'x\\xff\\xe9', 'w').write('1')\n"
                + "print(sorted(os.listdir(b'.')))\n"
                + "os.setxattr(b'x\\xff\\xe9', 'user.k', b'value')\n"
                + "print(os.getxattr(b'x\\xff\\xe9', 'user.k'))\n"
                + "f = os.open('p', os.O_RDWR | os.O_CREAT); os.pwrite(f, b'z', 9); print(os.pread(f, 20, 0)); os.ftruncate(f, 2)\n"
                + "print(os.stat('p').st_size)\"");
        assertThat(out.lines())
                .containsExactly(
                        "[b'blocked', b'x\\xff\\xe9']",
                        "b'value'",
                        "b'\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00z'",
                        "2");
    }

    @Test
    void errorsReachTheProgram() throws Exception {
        assertThat(run("cd " + directory + " && mkdir d d/e; rmdir d; cat none; mkdir d; true"))
                .contains("Directory not empty", "No such file or directory", "File exists");
    }

    @Test
    void aSignalInterruptsARequestThatIsNotAnswered() throws Exception {
        Process reader = new ProcessBuilder("cat", directory + "/blocked").start();
        try {
            assertThat((long) tree.blockedReader.get(20, TimeUnit.SECONDS)).isEqualTo(reader.pid());
            reader.destroy();
            assertThat(reader.waitFor()).isEqualTo(128 + 15);
            Awaitility.await().until(() -> tree.interrupts.get() == 1);
        } finally {
            reader.destroyForcibly();
        }
    }

    @Test
    void anInvalidatedNodeIsReadAgain() throws Exception {
        run("echo old > " + directory + "/f; cat " + directory + "/f");
        assertThat(Files.exists(directory.resolve("f"))).isTrue();
        assertThat(session.notifier().invalidate(3, 0, 0)).isTrue();
        assertThat(session.notifier().invalidate(4711, 0, 0)).isFalse();
        assertThat(session.notifier().invalidateEntry(FuseAbi.ROOT, "f")).isTrue();
        assertThat(session.notifier().invalidateEntry(FuseAbi.ROOT, "never")).isFalse();
    }
}
