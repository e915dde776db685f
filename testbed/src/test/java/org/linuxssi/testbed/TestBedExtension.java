package org.linuxssi.testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/**
 * Gives tests a {@link Cluster} of three nodes, brought up once for all test classes of a run and taken down at its
 * end. Tests that hurt nodes use {@link #ownCluster} instead. When a test fails or runs into its time limit, what the
 * daemons do at that moment is kept, see {@link Hang}.
 */
final class TestBedExtension implements ParameterResolver, TestExecutionExceptionHandler {

    static final int NODES = 3;

    private static final String IMPATIENT = """
            [network]
            heartbeat_ms = 250
            silence_ms = 2000
            """;

    private static final Set<RunDirectory> BEDS = ConcurrentHashMap.newKeySet();
    private static final Namespace NAMESPACE = Namespace.create(TestBedExtension.class);

    /**
     * Brings up a cluster for one test, which closes it. Its daemons notice soon that a node is silent, and since they
     * live for seconds they are compiled quickly rather than well.
     *
     * @param test the class of the test
     * @param options more options of the daemons' Java machines
     */
    static Cluster ownCluster(Class<?> test, int nodes, String... options) {
        DaemonCommand command = DaemonCommand.of(System.getenv()).withOption("-XX:TieredStopAtLevel=1");
        for (String option : options) {
            command = command.withOption(option);
        }
        return started(directory(test.getSimpleName()), nodes, impatient(command));
    }

    private static DaemonCommand impatient(DaemonCommand command) {
        return (node, config) -> {
            try {
                String text = Files.readString(config);
                if (!text.contains("silence_ms")) {
                    Files.writeString(config, text.replace("[network]\n", IMPATIENT));
                }
            } catch (IOException problem) {
                throw new UncheckedIOException("change " + config, problem);
            }
            return command.argv(node, config);
        };
    }

    /** Returns a test bed for one test, which brings it up and takes it down. */
    static TestBed ownBed(Class<?> test, DaemonCommand command, Readiness readiness) {
        RunDirectory directory = directory(test.getSimpleName());
        BEDS.add(directory);
        return new TestBed(directory, command, readiness);
    }

    private static Cluster started(RunDirectory directory, int nodes, DaemonCommand command) {
        BEDS.add(directory);
        return Cluster.start(directory, nodes, command);
    }

    /** Keeps what tells why a test failed or hung. */
    @Override
    public void handleTestExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        String test = context.getRequiredTestClass().getSimpleName() + "." + context.getDisplayName();
        BEDS.forEach(bed -> Hang.keep(bed, test));
        throw failure;
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Cluster.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return context.getRoot()
                .getStore(NAMESPACE)
                .computeIfAbsent(
                        Cluster.class,
                        _ -> started(directory("shared"), NODES, DaemonCommand.of(System.getenv())),
                        Cluster.class);
    }

    /**
     * Each copy of the sources and each class with test beds of its own has a directory of its own: so the rest of a
     * crashed run is found again, and other classes may run beside.
     */
    private static RunDirectory directory(String purpose) {
        int copy = Path.of("").toAbsolutePath().hashCode() & 0xffffff;
        return new RunDirectory(Path.of("/run", "linuxssi-test-" + Integer.toHexString(copy) + "-" + purpose));
    }
}
