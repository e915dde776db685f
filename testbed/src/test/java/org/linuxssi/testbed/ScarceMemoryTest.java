package org.linuxssi.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.linuxssi.control.ControlException;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ProcessIdentity;

/** A target that has too little memory for a process. */
@ExtendWith(TestBedExtension.class)
@Timeout(value = 240, unit = TimeUnit.SECONDS)
class ScarceMemoryTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long LIMIT = 32L << 20;

    @TempDir
    Path directory;

    private Cluster cluster;

    @BeforeEach
    void start() {
        cluster = TestBedExtension.ownCluster(ScarceMemoryTest.class, 2);
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    @Test
    void theProcessStaysAtTheSourceAndMovesWhenThereIsMemory() throws IOException {
        Ledger ledger = Ledger.in(directory, 0);
        Path program = Programs.source("large.py", directory);
        Command command = Command.of(
                "/usr/bin/python3",
                program.toString(),
                ledger.file().toString(),
                ledger.stop().toString());
        try (Program running = cluster.start(0, command)) {
            awaitProgress(ledger);
            try (MemoryLimit limit = limitOfTarget()) {
                assertThatThrownBy(() -> cluster.migrate(running.pid(), 1))
                        .asInstanceOf(type(ControlException.class))
                        .extracting(ControlException::errno)
                        .isEqualTo(Errno.EAGAIN);
                assertThat(limit.group()).exists();
            }
            assertThat(cluster.where(running.pid())).contains(0);
            awaitProgress(ledger);
            assertThat(cluster.run(1, "echo", "alive").output()).isEqualTo("alive\n");
            cluster.migrate(running.pid(), 1);
            awaitProgress(ledger);
            ledger.end();
            assertThat(running.await(PATIENCE)).isEqualTo(new Result(0, "whole " + ledger.laps() + "\n", ""));
            ledger.assertWhole();
        }
    }

    /** The daemon itself is not limited. */
    private MemoryLimit limitOfTarget() throws IOException {
        Optional<ProcessIdentity> daemon = cluster.bed().daemon(1);
        List<ProcessIdentity> container = cluster.bed().processes(1).stream()
                .filter(process -> !daemon.equals(Optional.of(process)))
                .toList();
        Optional<MemoryLimit> limit = MemoryLimit.of(container, LIMIT);
        assumeTrue(limit.isPresent(), "this machine cannot limit memory");
        return limit.get();
    }

    private static void awaitProgress(Ledger ledger) {
        long laps = ledger.laps();
        await().atMost(PATIENCE).until(() -> ledger.laps() > laps);
    }
}
