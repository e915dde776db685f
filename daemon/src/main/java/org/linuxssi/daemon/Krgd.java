package org.linuxssi.daemon;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.module.ModuleDescriptor;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.Syscalls;
import org.linuxssi.tools.SystemTime;

/** The daemon of a node: {@code krgd [--config FILE] [--drain]}. */
public final class Krgd {

    private static final String USAGE = """
            usage: krgd [--config FILE] [--drain]
                   krgd --help | --version
            --config FILE  the configuration, /etc/linuxssi/krgd.toml when not given
            --drain        move the programs to other nodes before ending, as node.drain does""";

    private Krgd() {}

    /** Where the log goes is set when the configuration has been read, and must be before the first logger is made. */
    private static Logger log() {
        return System.getLogger(Krgd.class.getName());
    }

    private record Arguments(Path config, boolean drain) {}

    /** A wrong command line. */
    private static final class UsageException extends Exception {
        private static final long serialVersionUID = 1L;

        UsageException(String problem) {
            super(problem, null, false, false);
        }
    }

    /** Runs until it is told to end; exits with 1 when it cannot start, 2 for wrong usage. */
    public static void main(String[] args) {
        List<String> words = List.of(args);
        if (!words.isEmpty() && DaemonSetup.NAMES.contains(words.getFirst())) {
            System.exit(new DaemonSetup(System.out, System.err, InstantSource.system()).run(words));
        }
        try {
            if (words.contains("--version")) {
                System.out.println("LinuxSSI " + version());
                return;
            }
            Optional<Arguments> arguments = parse(words);
            if (arguments.isEmpty()) {
                System.out.println(USAGE);
                return;
            }
            run(arguments.get());
        } catch (UsageException problem) {
            System.err.println("krgd: " + problem.getMessage() + "\n" + USAGE);
            System.exit(2);
        } catch (DaemonConfigException
                | UncheckedIOException
                | IOException
                | ErrnoException
                | IllegalArgumentException
                | IllegalStateException problem) {
            log().log(Level.DEBUG, "start failed", problem);
            System.err.println("krgd: " + Problems.describe(problem));
            System.exit(1);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private static String version() {
        return Optional.ofNullable(Krgd.class.getModule().getDescriptor())
                .flatMap(ModuleDescriptor::rawVersion)
                .orElse("development");
    }

    private static Optional<Arguments> parse(List<String> words) throws UsageException {
        Path config = DaemonConfig.FILE;
        boolean drain = false;
        for (int i = 0; i < words.size(); i++) {
            switch (words.get(i)) {
                case "--config" -> {
                    i++;
                    if (i == words.size()) {
                        throw new UsageException("--config needs a file");
                    }
                    config = Path.of(words.get(i));
                }
                case "--drain" -> drain = true;
                case "-h", "--help" -> {
                    return Optional.empty();
                }
                default -> throw new UsageException("unknown argument '" + words.get(i) + "'");
            }
        }
        return Optional.of(new Arguments(config, drain));
    }

    private static void requireRoot() {
        long uid = Syscalls.call(Nr.GETEUID);
        if (uid != 0) {
            throw new IllegalStateException("user " + uid + " may not make a container, only root: use sudo (EPERM)");
        }
    }

    private static void run(Arguments arguments) throws IOException, InterruptedException {
        DaemonConfig config = DaemonConfig.read(arguments.config());
        StartChecks.check(config, arguments.config());
        requireRoot();
        DaemonConfigLog.apply(config);
        CountDownLatch end = new CountDownLatch(1);
        SystemTime time = new SystemTime();
        Node node = Node.start(config, time, end::countDown);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            node.stop(config.drain() || arguments.drain());
                            time.close();
                        },
                        "shutdown"));
        log().log(Level.INFO, "node {0} of cluster {1} is ready", node.self(), config.cluster());
        end.await();
        System.exit(0);
    }
}
