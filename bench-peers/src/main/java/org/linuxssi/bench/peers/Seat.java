package org.linuxssi.bench.peers;

import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * What a node is told at its start.
 *
 * @param number of the node, from 0
 * @param ports on the loopback interface, one a node
 * @param directory for files of this cluster; it goes with the cluster
 */
record Seat(int number, List<Integer> ports, Path directory) {

    private static final Duration LONGEST_START = Duration.ofSeconds(90);
    private static final int LOOK_MILLIS = 20;

    int port() {
        return ports.get(number);
    }

    static String host() {
        return InetAddress.getLoopbackAddress().getHostAddress();
    }

    /** Returns the addresses of all nodes as host:port. */
    List<String> addresses() {
        return ports.stream().map(port -> host() + ":" + port).toList();
    }

    /** Waits until the cluster is whole. */
    void await(BooleanSupplier whole) throws InterruptedException {
        long start = System.nanoTime();
        while (!whole.getAsBoolean()) {
            if (System.nanoTime() - start > LONGEST_START.toNanos()) {
                throw new IllegalStateException("node " + number + " saw no cluster of " + ports.size()
                        + " nodes after " + LONGEST_START.toSeconds() + " s");
            }
            Thread.sleep(LOOK_MILLIS);
        }
    }
}
