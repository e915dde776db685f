package org.linuxssi.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class DirectoryFdTest {

    @Test
    void readsFilesLinksAndListingsOfProc() {
        long self = ProcessHandle.current().pid();
        try (DirectoryFd proc = DirectoryFd.open("/proc")) {
            assertThat(new String(proc.read(self + "/stat", 4096), StandardCharsets.ISO_8859_1))
                    .startsWith(self + " (java) ");
            assertThat(proc.readLink("self")).isEqualTo(Long.toString(self));
            assertThat(proc.list("self/task")).isNotEmpty().allMatch(entry -> entry.type() == 4);
            assertThat(proc.list(".").stream().map(DirectoryFd.Entry::name)).contains(Long.toString(self), "sys");
            assertThat(proc.status("self").mode() & FuseAttr.TYPE_MASK).isEqualTo(FuseAttr.SYMLINK);
            assertThat(proc.exists("4194305")).isFalse();
            assertThat(proc.read("kallsyms", 100_001)).hasSize(100_001);
            assertThatThrownBy(() -> proc.read("none", 10))
                    .hasMessageContaining("open none")
                    .hasMessageContaining("ENOENT");
        }
    }
}
