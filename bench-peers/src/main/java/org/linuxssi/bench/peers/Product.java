package org.linuxssi.bench.peers;

import java.io.IOException;
import java.util.Arrays;

/** What is compared, and how it is set. */
enum Product {
    KDDM("KDDM", "copies(2), plain connections"),
    KDDM_TLS("KDDM, TLS", "copies(2), mutual TLS 1.3"),
    HAZELCAST("Hazelcast", "IMap, 1 synchronous backup, reads at the primary, IMap.lock"),
    INFINISPAN("Infinispan", "DIST_SYNC, 2 owners, DENY_READ_WRITES, lock of a pessimistic transaction"),
    IGNITE("Ignite", "PARTITIONED, ATOMIC, 1 backup, FULL_SYNC, reads at the primary, lock of a TRANSACTIONAL cache"),
    COHERENCE("Coherence", "distributed, 1 synchronous backup, no near cache, NamedCache.lock");

    private final String title;
    private final String settings;

    Product(String title, String settings) {
        this.title = title;
        this.settings = settings;
    }

    /** Returns the product of this name. */
    static Product named(String name) {
        return Arrays.stream(values())
                .filter(product -> product.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "there is no product " + name + ": choose from " + Arrays.toString(values())));
    }

    String title() {
        return title;
    }

    String settings() {
        return settings;
    }

    /** Starts a node; returns when all are there and nothing moves any more. */
    Peer start(Seat seat) throws IOException, InterruptedException {
        return switch (this) {
            case KDDM -> KddmPeer.plain(seat);
            case KDDM_TLS -> KddmPeer.tls(seat);
            case HAZELCAST -> HazelcastPeer.start(seat);
            case INFINISPAN -> InfinispanPeer.start(seat);
            case IGNITE -> IgnitePeer.start(seat);
            case COHERENCE -> CoherencePeer.start(seat);
        };
    }
}
