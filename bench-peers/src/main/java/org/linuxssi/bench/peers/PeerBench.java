package org.linuxssi.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Measures all products in turns and prints a table of all so far after each round: arguments DIRECTORY ROUNDS [PRODUCT...]. */
final class PeerBench {

    private static final int FIRST_PRODUCT = 2;

    private PeerBench() {}

    /** Returns with 1 when a product failed in all rounds. */
    public static void main(String[] arguments) throws IOException {
        Path directory = Path.of(arguments[0]);
        int rounds = Integer.parseInt(arguments[1]);
        List<Product> products = arguments.length > FIRST_PRODUCT
                ? Arrays.stream(arguments)
                        .skip(FIRST_PRODUCT)
                        .map(Product::named)
                        .toList()
                : List.of(Product.values());
        Map<Product, Figures> figures = new EnumMap<>(Product.class);
        for (Product product : products) {
            System.out.println(product.title() + ": " + product.settings());
            figures.put(product, new Figures());
        }
        System.out.println("load at the start " + load());
        for (int round = 1; round <= rounds; round++) {
            for (Product product : products) {
                long start = System.nanoTime();
                turn(product, directory.resolve(round + "-" + product), figures);
                System.out.println("round " + round + ", " + product.title() + ": "
                        + Duration.ofNanos(System.nanoTime() - start).toSeconds() + " s, load " + load());
            }
            Table.print(figures);
        }
        System.exit(figures.values().stream().allMatch(Figures::measured) ? 0 : 1);
    }

    private static void turn(Product product, Path directory, Map<Product, Figures> all) throws IOException {
        Files.createDirectories(directory);
        Figures figures = all.computeIfAbsent(product, _ -> new Figures());
        try (Cluster cluster = Cluster.start(product, directory)) {
            figures.add(new Turn(cluster).measure());
        } catch (IOException problem) {
            figures.failed();
            System.out.println(product.title() + " failed: " + problem.getMessage());
        }
    }

    private static String load() throws IOException {
        return Files.readString(Path.of("/proc/loadavg")).split(" ", 2)[0];
    }
}
