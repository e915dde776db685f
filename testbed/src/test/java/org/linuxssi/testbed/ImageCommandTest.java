package org.linuxssi.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** {@code krg image} looks into what {@code checkpoint} has written. */
class ImageCommandTest extends SavingTest {

    private static final String WORD = "LinuxSSI";

    ImageCommandTest(Cluster cluster) {
        super(cluster);
    }

    private Result image(String words) {
        return prompt.typeAsIs("krg image " + words);
    }

    private Path start() throws IOException {
        Path script = Files.writeString(directory.resolve("words.py"), """
                import ctypes, time
                words = ctypes.create_string_buffer(b'LinuxSSI' * 4096)
                counter = ctypes.create_string_buffer(64)
                print('%x' % ctypes.addressof(words), flush=True)
                while True:
                    counter.value = b'%d' % time.monotonic_ns()
                    time.sleep(0.01)
                """);
        int number = applications.start(directory.resolve("output"), "python3 " + script);
        await().atMost(PATIENCE)
                .until(() -> Files.readString(directory.resolve("output")).endsWith("\n"));
        for (int version = 1; version <= 2; version++) {
            assertThat(prompt.type("checkpoint -d version-" + version + " " + number)
                            .messages())
                    .isEmpty();
        }
        cluster.signal(0, number, 9);
        return cluster.bed().directory().checkpoints().resolve(Integer.toString(number));
    }

    @Test
    void looksIntoSavedVersions() throws IOException, InterruptedException {
        Path saved = start();
        String number = String.valueOf(saved.getFileName());
        assertThat(image("verify " + saved.resolve("v1")).output())
                .contains("global.bin: ok", "task_" + number + ".bin: ok", "task_mm_" + number + ".bin: ok");
        assertThat(image("show " + saved.resolve("v1")).output())
                .contains("global.bin.application: " + number + "\n", "global.bin.description: version-1\n")
                .contains("files.open[", ".path: " + directory.resolve("output"));
        Result json = image("show --json " + saved.resolve("v2"));
        Path text = Files.writeString(directory.resolve("shown.json"), json.output());
        assertThat(new ProcessBuilder("python3", "-m", "json.tool", text.toString())
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .inheritIO()
                        .start()
                        .waitFor())
                .isZero();
        assertThat(image("diff " + saved.resolve("v1") + " " + saved.resolve("v1")))
                .isEqualTo(new Result(0, "", ""));
        Result different = image("diff " + saved.resolve("v1") + " " + saved.resolve("v2"));
        assertThat(different.exit()).isOne();
        assertThat(different.output())
                .contains("global.bin.version: 1 -> 2\n", "global.bin.description: version-1 -> version-2\n")
                .contains("task_mm_" + number + ".bin memory[");
        extracts(saved.resolve("v1/task_mm_" + number + ".bin"));
        refusesDamage(saved.resolve("v2/task_mm_" + number + ".bin"));
        applications.removeVersions();
    }

    private void extracts(Path memory) throws IOException {
        long address = Long.parseUnsignedLong(
                Files.readString(directory.resolve("output")).strip(), 16);
        Path out = directory.resolve("words");
        String range = Long.toHexString(address) + "-" + Long.toHexString(address + 4096L * WORD.length());
        assertThat(image("extract " + memory + " " + range + " " + out))
                .isEqualTo(new Result(0, 4096 * WORD.length() + " bytes\n", ""));
        assertThat(Files.readString(out, StandardCharsets.US_ASCII)).isEqualTo(WORD.repeat(4096));
        Result again = image("extract " + memory + " " + range + " " + out);
        assertThat(again.exit()).isOne();
        assertThat(again.messages()).contains(out.toString());
        assertThat(image("extract " + memory + " nowhere " + out).exit()).isEqualTo(2);
    }

    private void refusesDamage(Path memory) throws IOException {
        byte[] bytes = Files.readAllBytes(memory);
        bytes[bytes.length / 2] ^= 1;
        Files.write(memory, bytes);
        Result refused = image("verify " + memory.getParent());
        assertThat(refused.exit()).isOne();
        assertThat(refused.messages())
                .matches("krg image verify: " + memory + " is damaged or no image, at byte \\d+: .*\n");
        Files.write(memory, Arrays.copyOf(bytes, 1000));
        assertThat(image("show " + memory).messages()).contains(" is damaged or no image, at byte ");
        assertThat(image("show " + directory).messages()).contains("is no saved version");
        assertThat(image("").exit()).isEqualTo(2);
    }
}
