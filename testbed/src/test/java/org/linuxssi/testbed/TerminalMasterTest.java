package org.linuxssi.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.linuxssi.control.ControlException;
import org.linuxssi.control.ProcessRow;

/** A program that makes terminals, like script(1), stays; what runs on its terminals may move. */
@ExtendWith(TestBedExtension.class)
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class TerminalMasterTest {

    private static final String SCRIPT = "import pty; pty.spawn(['sh', '-c', 'sleep 20; echo on a terminal; exit 7'])";

    private final Cluster cluster;

    TerminalMasterTest(Cluster cluster) {
        this.cluster = cluster;
    }

    @Test
    void theMasterIsRefusedWithTheReasonAndGoesOn() {
        try (Program running = cluster.start(1, Command.of("/usr/bin/python3", "-c", SCRIPT))) {
            int child = await().until(() -> child(running.pid()), Optional::isPresent)
                    .orElseThrow();
            assertThatThrownBy(() -> cluster.migrate(running.pid(), 2))
                    .isInstanceOf(ControlException.class)
                    .hasMessageContaining("the master of a terminal stays with it");
            cluster.migrate(child, 2);
            assertThat(cluster.where(child)).contains(2);
            assertThat(running.await(Duration.ofMinutes(1)).output()).contains("on a terminal");
        }
    }

    private Optional<Integer> child(int parent) {
        return cluster.ps(1).stream()
                .filter(row -> row.parent() == parent && row.command().startsWith("sh -c"))
                .map(ProcessRow::pid)
                .findFirst();
    }
}
