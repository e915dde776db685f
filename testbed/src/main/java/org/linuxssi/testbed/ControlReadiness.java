package org.linuxssi.testbed;

import java.nio.file.Path;
import org.linuxssi.control.ClusterState;
import org.linuxssi.control.ControlClient;
import org.linuxssi.control.ControlException;
import org.linuxssi.control.NotRunningException;
import org.linuxssi.control.Reply;
import org.linuxssi.control.Request;

/** Asks a node's daemon by its control socket whether the cluster is up. */
final class ControlReadiness implements Readiness {

    @Override
    public String missing(Path control, int expected) {
        try {
            if (!(ControlClient.ask(control, new Request.ClusterStatus()) instanceof Reply.Cluster cluster)) {
                return "its answer is not understood";
            }
            boolean up = cluster.state() == ClusterState.UP;
            return up && cluster.online().size() >= expected
                    ? ""
                    : "the cluster is " + cluster.state() + " with nodes " + cluster.online();
        } catch (NotRunningException notYet) {
            return "its daemon does not listen at " + control;
        } catch (ControlException problem) {
            return String.valueOf(problem.getMessage());
        }
    }
}
