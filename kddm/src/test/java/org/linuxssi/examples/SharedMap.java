package org.linuxssi.examples;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.linuxssi.kddm.Kddm;
import org.linuxssi.kddm.KddmSet;
import org.linuxssi.kddm.SetSpec;
import org.linuxssi.kddm.spi.SetId;
import org.linuxssi.tools.Codec;

/** A map that programs on several nodes share: an object of a set has all entries whose keys have the same hash. */
final class SharedMap {

    private record Entry(String key, String value) {
        static final int LONGEST = 1000;
        static final Codec<Entry> CODEC = Codec.of(
                (it, out) -> out.text(it.key).text(it.value), in -> new Entry(in.text(LONGEST), in.text(LONGEST)));
    }

    private static final int MOST = 100;
    private static final Codec<List<Entry>> BUCKET =
            Codec.of((it, out) -> out.list(it, Entry.CODEC), in -> in.list(MOST, Entry.CODEC));

    private final KddmSet<List<Entry>> buckets;

    /** Opens the map; what was put outlives any one node. */
    SharedMap(Kddm kddm, SetId id) {
        buckets = kddm.open(SetSpec.of(id, "shared-map", BUCKET, _ -> List.of()).copies(2));
    }

    Optional<String> get(String key) {
        return buckets.readNoFirstTouch(hash(key)).flatMap(bucket -> find(bucket, key));
    }

    void put(String key, String value) {
        compute(key, _ -> Optional.of(value));
    }

    void remove(String key) {
        compute(key, _ -> Optional.empty());
    }

    /** Replaces a value by what the function makes of it, without anybody in between; returns it. */
    Optional<String> compute(String key, UnaryOperator<Optional<String>> change) {
        List<Entry> after = buckets.update(hash(key), bucket -> {
            Optional<String> value = change.apply(find(bucket, key));
            List<Entry> others = new ArrayList<>(bucket);
            others.removeIf(entry -> entry.key().equals(key));
            value.ifPresent(it -> others.add(new Entry(key, it)));
            return List.copyOf(others);
        });
        return find(after, key);
    }

    private static Optional<String> find(List<Entry> bucket, String key) {
        return bucket.stream()
                .filter(entry -> entry.key().equals(key))
                .map(Entry::value)
                .findFirst();
    }

    /** Returns the FNV-1a hash. */
    private static long hash(String key) {
        long hash = 0xcbf29ce484222325L;
        for (byte b : key.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ b & 0xff) * 0x100000001b3L;
        }
        return hash;
    }

    /** Counts together: arguments NUMBER ADDRESSES TIMES. Prints the sum, which all programs see alike. */
    public static void main(String[] arguments) throws IOException {
        int number = Integer.parseInt(arguments[0]);
        List<String> addresses = List.of(arguments[1].split(","));
        Duration patience = Duration.ofSeconds(60);
        try (Standalone node = Standalone.start(number, addresses)) {
            SharedMap map = new SharedMap(node.kddm(), SetId.of(300, 1));
            node.kddm().barriers().await(1, addresses.size(), patience);
            map.put("from " + number, "node " + number);
            for (int i = 0; i < Integer.parseInt(arguments[2]); i++) {
                map.compute("sum", sum -> Optional.of(Integer.toString(Integer.parseInt(sum.orElse("0")) + 1)));
            }
            node.kddm().barriers().await(2, addresses.size(), patience);
            StringBuilder line = new StringBuilder("sum " + map.get("sum").orElseThrow());
            for (int other = 0; other < addresses.size(); other++) {
                line.append(", ").append(map.get("from " + other).orElseThrow());
            }
            System.out.println(line);
            node.kddm().barriers().await(3, addresses.size(), patience);
        }
    }
}
