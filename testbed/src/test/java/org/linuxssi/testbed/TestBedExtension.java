package org.linuxssi.testbed;

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

    private static final Set<RunDirectory> BEDS = ConcurrentHashMap.newKeySet();
    private static final Namespace NAMESPACE = Namespace.create(TestBedExtension.class);

    /** Brings up a cluster for one test, which closes it. */
    static Cluster ownCluster(int nodes) {
        return started(directory("own"), nodes, DaemonCommand.of(System.getenv()));
    }

    /** Does the same with one more option of the daemons' Java machines. */
    static Cluster ownCluster(int nodes, String option) {
        return started(
                directory("own"), nodes, DaemonCommand.of(System.getenv()).withOption(option));
    }

    /** Returns a test bed for one test, which brings it up and takes it down. */
    static TestBed ownBed(DaemonCommand command, Readiness readiness) {
        RunDirectory directory = directory("own");
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

    /** Each copy of the sources has directories of its own, so that the rest of a crashed run is found again. */
    private static RunDirectory directory(String purpose) {
        int copy = Path.of("").toAbsolutePath().hashCode() & 0xffffff;
        return new RunDirectory(Path.of("/run", "linuxssi-test-" + Integer.toHexString(copy) + "-" + purpose));
    }
}
