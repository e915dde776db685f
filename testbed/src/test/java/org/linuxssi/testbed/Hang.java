package org.linuxssi.testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.linuxssi.linux.ProcessIdentity;

/**
 * Keeps the logs of daemons and what all their threads do, below the directory that the property
 * {@code linuxssi.test.logs} names.
 */
final class Hang {

    private static final Logger LOG = System.getLogger(Hang.class.getName());
    private static final long DUMP_SECONDS = 10;

    private Hang() {}

    /** Keeps it for a test that failed, in a directory of the test's name; does nothing when no test bed runs. */
    static void keep(RunDirectory directory, String test) {
        TestBed bed = new TestBed(directory, DaemonCommand.of(System.getenv()), new ControlReadiness());
        bed.state().ifPresent(state -> {
            Path kept = Path.of(System.getProperty("linuxssi.test.logs", "target"), "failed", name(test));
            LOG.log(Level.INFO, "logs and threads of the daemons are in {0}", kept);
            for (int node = 0; node < state.nodes(); node++) {
                keep(bed, node, kept);
            }
        });
    }

    private static String name(String test) {
        return test.replaceAll("[^A-Za-z0-9.-]+", "_");
    }

    private static void keep(TestBed bed, int node, Path kept) {
        try {
            Files.createDirectories(kept);
            if (bed.daemon(node).isPresent()) {
                dump(bed.daemon(node).get(), kept.resolve("node" + node + ".threads"));
            }
            if (Files.exists(bed.directory().log(node))) {
                Path copy = kept.resolve("node" + node + ".log");
                Files.copy(bed.directory().log(node), copy, StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException problem) {
            throw new UncheckedIOException(problem);
        }
    }

    /** Virtual threads, which are in no answer to SIGQUIT, are in this. */
    private static void dump(ProcessIdentity daemon, Path file) throws IOException {
        List<String> command = List.of(
                Programs.jdk("jcmd"),
                Integer.toString(daemon.pid()),
                "Thread.dump_to_file",
                "-overwrite",
                file.toAbsolutePath().toString());
        Process dump = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            if (!dump.waitFor(DUMP_SECONDS, TimeUnit.SECONDS)) {
                LOG.log(Level.WARNING, "daemon {0} does not tell of its threads", daemon.pid());
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } finally {
            dump.destroyForcibly();
        }
    }
}
