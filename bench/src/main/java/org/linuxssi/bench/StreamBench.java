package org.linuxssi.bench;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.linuxssi.rpc.ClusterCa;
import org.linuxssi.rpc.NodeKeys;
import org.linuxssi.rpc.Security;

/**
 * Streams and requests between two nodes on the loopback interface, plain and under TLS, beside what bounds them: one
 * connection without a protocol, and the cipher on one thread, from memory to memory.
 *
 * <p>Arguments: the number of rounds, megabytes a round. Prints a Markdown table: the first round, when no code is
 * compiled yet, and the median of the others.
 */
public final class StreamBench {

    private record Subject(String name, String unit, Callable<Double> measurement) {}

    private final ClusterCa authority = ClusterCa.create("bench", Instant.now());
    private final int rounds;
    private final long bytes;

    private StreamBench(int rounds, int megabytes) {
        this.rounds = rounds;
        bytes = (long) megabytes << 20;
    }

    /** Runs all rounds. */
    public static void main(String[] args) throws Exception {
        if (args.length != 2) {
            System.err.println("usage: StreamBench ROUNDS MEGABYTES");
            System.exit(2);
        }
        new StreamBench(Integer.parseInt(args[0]), Integer.parseInt(args[1])).run();
    }

    private NodeKeys keys(int node) {
        return authority.issue("node" + node, Instant.now());
    }

    private void run() throws Exception {
        BareTls bare = new BareTls(keys(0));
        try (StreamPair plain = StreamPair.start(_ -> Security.plain());
                StreamPair tls = StreamPair.start(node -> Security.tls(keys(node)))) {
            List<Subject> subjects = List.of(
                    new Subject("stream under TLS", "GB/s", () -> tls.stream(bytes)),
                    new Subject("engine of TLS, one thread, encrypting", "GB/s", () -> bare.measure(bytes)
                            .encrypt()),
                    new Subject("engine of TLS, one thread, decrypting", "GB/s", () -> bare.measure(bytes)
                            .decrypt()),
                    new Subject("AES-128-GCM, one thread, encrypting", "GB/s", () -> BareTls.cipher(bytes)),
                    new Subject("plain stream", "GB/s", () -> plain.stream(bytes)),
                    new Subject("bare TCP", "GB/s", () -> bytes / 1e6 / TcpCopy.millis(bytes)),
                    new Subject("request and reply under TLS", "µs", tls::request),
                    new Subject("request and reply, plain", "µs", plain::request));
            print(subjects, measure(subjects));
        }
    }

    /** Measures all subjects in turns, so that what else the machine does falls on all of them. */
    private List<List<Double>> measure(List<Subject> subjects) throws Exception {
        List<List<Double>> figures = new ArrayList<>();
        subjects.forEach(_ -> figures.add(new ArrayList<>()));
        for (int round = 0; round <= rounds; round++) {
            for (int i = 0; i < subjects.size(); i++) {
                figures.get(i).add(subjects.get(i).measurement().call());
            }
        }
        return figures;
    }

    private static void print(List<Subject> subjects, List<List<Double>> figures) {
        System.out.println("| | unit | first round | median of the others | best |");
        System.out.println("|---|---|---|---|---|");
        for (int i = 0; i < subjects.size(); i++) {
            Subject subject = subjects.get(i);
            List<Double> warm =
                    new ArrayList<>(figures.get(i).subList(1, figures.get(i).size()));
            Collections.sort(warm);
            boolean rate = subject.unit().equals("GB/s");
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %s | %.2f | %.2f | %.2f |%n",
                    subject.name(),
                    subject.unit(),
                    figures.get(i).getFirst(),
                    warm.get(warm.size() / 2),
                    rate ? warm.getLast() : warm.getFirst());
        }
    }
}
