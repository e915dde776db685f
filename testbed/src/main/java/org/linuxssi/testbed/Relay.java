package org.linuxssi.testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.linuxssi.linux.ProcessIdentity;
import org.linuxssi.linux.Spawn;

/**
 * Starts the process that delays frames, see {@link DelayRelay}.
 *
 * @param directory the test bed's
 */
record Relay(RunDirectory directory) {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final long PAUSE = Duration.ofMillis(10).toNanos();

    /** Starts a relay for the delays and waits until it sees every frame; none for no delays. */
    Optional<ProcessIdentity> start(Map<NodePair, Integer> delays) {
        if (delays.isEmpty()) {
            return Optional.empty();
        }
        List<String> argv = new ArrayList<>(DaemonCommand.java("org.linuxssi.testbed", DelayRelay.class.getName()));
        argv.add(directory.relayReady().toString());
        delays.forEach((pair, millis) -> argv.add(pair + "=" + millis));
        try {
            Files.deleteIfExists(directory.relayReady());
        } catch (IOException problem) {
            throw new UncheckedIOException("delete " + directory.relayReady(), problem);
        }
        Wiring wiring = new Wiring(directory);
        int pid = wiring.hub().call(() -> Spawn.start(argv, System.getenv(), Path.of("/"), directory.relayLog()));
        ProcessIdentity relay = ProcessIdentity.of(pid)
                .orElseThrow(() -> new TestBedException("the relay ended at once: see " + directory.relayLog()));
        awaitReady(relay);
        return Optional.of(relay);
    }

    private void awaitReady(ProcessIdentity relay) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!Files.exists(directory.relayReady())) {
            if (!relay.alive() || System.nanoTime() > end) {
                Cleaner.killAll(List.of(relay));
                throw new TestBedException("the relay for delays did not start: see " + directory.relayLog());
            }
            LockSupport.parkNanos(PAUSE);
        }
    }
}
