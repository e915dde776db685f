package org.linuxssi.testbed;

import java.nio.file.Path;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives tests a {@link Cluster} of three nodes, brought up once for all test classes of a run and taken down at its
 * end. Tests that hurt nodes use {@link #ownCluster} instead.
 */
final class TestBedExtension implements ParameterResolver, ExecutionCondition {

    static final int NODES = 3;

    private static final Namespace NAMESPACE = Namespace.create(TestBedExtension.class);

    /** Brings up a cluster for one test, which closes it. */
    static Cluster ownCluster(int nodes) {
        return Cluster.start(directory("own"), nodes);
    }

    /** A build of the test bed alone has no daemon to test. */
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        try {
            Class.forName(DaemonCommand.MAIN, false, TestBedExtension.class.getClassLoader());
            return ConditionEvaluationResult.enabled("the daemon is there");
        } catch (ClassNotFoundException missing) {
            return ConditionEvaluationResult.disabled("no " + DaemonCommand.MAIN + " in this build");
        }
    }

    /** Does the same with one more option of the daemons' Java machines. */
    static Cluster ownCluster(int nodes, String option) {
        return Cluster.start(
                directory("own"), nodes, DaemonCommand.of(System.getenv()).withOption(option));
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Cluster.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return context.getRoot()
                .getStore(NAMESPACE)
                .computeIfAbsent(Cluster.class, _ -> Cluster.start(directory("shared"), NODES), Cluster.class);
    }

    /** Each copy of the sources has directories of its own, so that the rest of a crashed run is found again. */
    private static RunDirectory directory(String purpose) {
        int copy = Path.of("").toAbsolutePath().hashCode() & 0xffffff;
        return new RunDirectory(Path.of("/run", "linuxssi-test-" + Integer.toHexString(copy) + "-" + purpose));
    }
}
