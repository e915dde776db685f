package org.linuxssi.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A daemon dies without a word; the next one answers the waiting clients. */
@Timeout(value = 90, unit = TimeUnit.SECONDS)
class FuseTakeOverTest {

    @TempDir
    Path directory;

    @Test
    void aNewDaemonAnswersWhatTheKilledOneLeft() throws Exception {
        FuseDevice device = FuseDevice.open();
        device.mount(FuseMountOptions.of("memory"), directory.toString(), FuseMountOptions.MS_NOSUID);
        Process daemon = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        FuseDaemonMain.class.getName(),
                        Long.toString(ProcessHandle.current().pid()),
                        Integer.toString(device.fd()))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader said = daemon.inputReader(StandardCharsets.UTF_8)) {
            FuseNegotiated agreed = FuseNegotiated.parse(said.readLine());
            Process reader = new ProcessBuilder("cat", directory + "/blocked").start();
            assertThat(said.readLine()).isEqualTo("reading");
            daemon.destroyForcibly().waitFor();
            FuseSession.takeOver(device, FuseOptions.storage("second", 2), new FuseMemoryTree(true), agreed);
            assertThat(new String(reader.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                    .isEqualTo("answer\n");
            assertThat(reader.waitFor()).isZero();
        } finally {
            daemon.destroyForcibly();
            FuseDevice.unmount(directory.toString());
            device.close();
        }
    }
}
