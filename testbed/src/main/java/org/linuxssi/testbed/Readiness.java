package org.linuxssi.testbed;

import java.nio.file.Path;

/** Tells whether nodes have come up. */
public interface Readiness {

    /**
     * Tells what a node still lacks, empty when it takes commands and sees the expected cluster.
     *
     * @param control the path of the node's control socket
     * @param expected how many nodes must be online
     */
    String missing(Path control, int expected);
}
