package org.linuxssi.proc;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How to make a container.
 *
 * @param runDirectory an existing directory of this node alone, where what a later daemon must know is kept
 * @param hostname what programs see
 * @param address what programs get when they look the host name up, see {@code hosts(5)}
 * @param followHost whether mounts that the host makes later are seen in the container; never the reverse
 * @param cgroup name of a cgroup v2 below the root to put everything into, where there is one
 */
public record ContainerOptions(
        Path runDirectory, String hostname, String address, boolean followHost, Optional<String> cgroup) {

    /** The address of a host name for which no other is known, by the custom of distributions. */
    private static final String LOOPBACK = "127.0.1.1";

    /** Returns the usual options. */
    public static ContainerOptions of(Path runDirectory, String hostname) {
        return new ContainerOptions(runDirectory, hostname, LOOPBACK, true, Optional.empty());
    }

    /** Returns the same with an address. */
    public ContainerOptions withAddress(String newAddress) {
        return new ContainerOptions(runDirectory, hostname, newAddress, followHost, cgroup);
    }

    /** Returns the same with a cgroup. */
    public ContainerOptions withCgroup(String name) {
        return new ContainerOptions(runDirectory, hostname, address, followHost, Optional.of(name));
    }
}
