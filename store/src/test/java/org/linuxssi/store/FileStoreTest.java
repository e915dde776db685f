package org.linuxssi.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.linuxssi.kddm.spi.ObjectStore;
import org.linuxssi.kddm.spi.ObjectStore.Stored;
import org.linuxssi.kddm.spi.SetId;

@Timeout(120)
class FileStoreTest {

    private static final SetId SET = SetId.of(7, 1);

    @TempDir
    Path directory;

    private static <T> T join(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(30, TimeUnit.SECONDS).join();
    }

    private static Optional<String> text(ObjectStore store, long object) {
        return join(store.read(object)).map(it -> it.version() + " " + new String(it.data(), StandardCharsets.UTF_8));
    }

    private static Stored stored(long version, String text) {
        return new Stored(version, text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void whatWasConfirmedIsThereAfterItWasOpenedAgain() {
        Path path = directory.resolve("deep/objects");
        try (FileStore file = FileStore.open(path)) {
            ObjectStore one = file.set(SET);
            ObjectStore two = file.set(SetId.of(7, 2));
            join(one.write(1, stored(3, "new")));
            join(one.write(1, stored(2, "old")));
            join(two.write(1, stored(1, "other")));
            join(one.write(2, stored(1, "gone")));
            join(one.remove(2));
            assertThat(text(one, 1)).contains("3 new");
        }
        try (FileStore file = FileStore.open(path)) {
            assertThat(text(file.set(SET), 1)).contains("3 new");
            assertThat(text(file.set(SET), 2)).isEmpty();
            assertThat(text(file.set(SetId.of(7, 2)), 1)).contains("1 other");
        }
    }

    @Test
    void aFileIsOpenOnce() {
        Path path = directory.resolve("objects");
        FileStore file = FileStore.open(path);
        assertThatThrownBy(() -> FileStore.open(path)).hasMessageContaining("open of the object store " + path);
        ObjectStore set = file.set(SET);
        file.close();
        file.close();
        assertThatThrownBy(() -> join(set.write(1, stored(1, "late")))).hasMessageContaining("is closed");
    }

    @Test
    void aDamagedFileIsRefused() throws IOException {
        Path path = directory.resolve("objects");
        Files.write(path, new byte[20_000]);
        assertThatThrownBy(() -> FileStore.open(path)).hasMessageContaining("move a damaged file away");
    }

    @Test
    void whatWasConfirmedOutlivesAKill() throws Exception {
        Path path = directory.resolve("objects");
        List<Long> confirmed = new ArrayList<>();
        for (int life = 0; life < 3; life++) {
            Process writer = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            Writer.class.getName(),
                            path.toString(),
                            Integer.toString(life))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            try (BufferedReader lines = writer.inputReader()) {
                for (int i = 0; i < 200; i++) {
                    confirmed.add(Long.parseLong(lines.readLine()));
                }
                writer.destroyForcibly();
            }
            assertThat(writer.waitFor(30, TimeUnit.SECONDS)).isTrue();
            try (FileStore file = FileStore.open(path)) {
                ObjectStore set = file.set(SET);
                for (long object : confirmed) {
                    assertThat(text(set, object)).contains(object + " object " + object);
                }
            }
        }
    }

    /** Writes objects and says which were confirmed, until it is killed. */
    static final class Writer {
        public static void main(String[] arguments) {
            FileStore file = FileStore.open(Path.of(arguments[0]));
            ObjectStore set = file.set(SET);
            long first = 1_000_000L * Long.parseLong(arguments[1]) + 1_000_000;
            for (long object = first; ; object += 4) {
                List<CompletableFuture<Void>> some = new ArrayList<>();
                for (long it = object; it < object + 4; it++) {
                    some.add(set.write(it, stored(it, "object " + it)).toCompletableFuture());
                }
                some.forEach(CompletableFuture::join);
                for (long it = object; it < object + 4; it++) {
                    System.out.println(it);
                }
            }
        }
    }
}
