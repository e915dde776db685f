package org.linuxssi.proc;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How to make a container.
 *
 * @param runDirectory an existing directory of this node alone, where what a later daemon must know is kept
 * @param hostname what programs see
 * @param followHost whether mounts that the host makes later are seen in the container; never the reverse
 * @param cgroup name of a cgroup v2 below the root to put everything into, where there is one
 */
public record ContainerOptions(Path runDirectory, String hostname, boolean followHost, Optional<String> cgroup) {

    /** Returns the usual options. */
    public static ContainerOptions of(Path runDirectory, String hostname) {
        return new ContainerOptions(runDirectory, hostname, true, Optional.empty());
    }

    /** Returns the same with a cgroup. */
    public ContainerOptions withCgroup(String name) {
        return new ContainerOptions(runDirectory, hostname, followHost, Optional.of(name));
    }
}
