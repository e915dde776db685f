package org.linuxssi.kddm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.linuxssi.hotplug.Hotplug;
import org.linuxssi.hotplug.HotplugConfig;
import org.linuxssi.kddm.Operation.End;
import org.linuxssi.kddm.Operation.Kind;
import org.linuxssi.kddm.spi.SetId;
import org.linuxssi.rpc.ClusterCa;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.rpc.RpcConfig;
import org.linuxssi.rpc.Security;
import org.linuxssi.rpc.SocketRpc;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.SystemTime;

/** Four nodes with real sockets, eight threads on each: what they saw of each object must have an order. */
@Timeout(120)
class SocketsTest {

    private static final int NODES = 4;
    private static final int THREADS = 8;
    private static final int OPERATIONS = 150;
    private static final int OBJECTS = 32;
    private static final int SETS = 2;
    private static final int VICTIM = 3;
    private static final Duration DEADLINE = Duration.ofSeconds(30);

    private final Instant now = Instant.now();
    private final ClusterCa ca = ClusterCa.create("sockets", now);
    private final SystemTime time = new SystemTime();
    private final List<Node> nodes = new ArrayList<>();
    private final AtomicLong numbers = new AtomicLong();
    private final AtomicInteger begun = new AtomicInteger();

    /** A node and its sets, the first with one copy of each object, the second with two. */
    private static final class Node {
        final Rpc rpc;
        final Hotplug hotplug;
        final Kddm kddm;
        final List<KddmSet<Stamp>> sets = new ArrayList<>();
        volatile boolean alive = true;

        Node(Rpc rpc) {
            this.rpc = rpc;
            this.hotplug = Hotplug.create(
                    rpc, HotplugConfig.of(1).withSilence(Duration.ofSeconds(3)).withAutostart(NODES));
            this.kddm = new Kddm(rpc, hotplug);
            for (int copies = 1; copies <= SETS; copies++) {
                sets.add(kddm.open(SetSpec.of(SetId.of(7, copies), "stamps", Stamp.CODEC, _ -> Stamp.FIRST)
                        .copies(copies)
                        .deadline(DEADLINE)));
            }
            hotplug.start();
        }

        void crash() {
            alive = false;
            rpc.close();
            hotplug.close();
            kddm.close();
        }
    }

    /** One thread: operations one after the other, each written down. */
    private final class User {
        final Node node;
        final int client;
        final Random random;
        final List<List<Operation>> histories = List.of(new ArrayList<>(), new ArrayList<>());

        User(Node node, int client) {
            this.node = node;
            this.client = client;
            this.random = new Random(client);
        }

        void run() {
            for (int i = 0; i < OPERATIONS && node.alive; i++) {
                begun.incrementAndGet();
                step(random.nextInt(SETS), random.nextInt(OBJECTS), kind());
            }
        }

        private Kind kind() {
            int dice = random.nextInt(100);
            return dice < 40
                    ? Kind.READ
                    : dice < 50 ? Kind.LOOK : dice < 90 ? Kind.UPDATE : dice < 97 ? Kind.SET : Kind.REMOVE;
        }

        private void step(int set, long object, Kind kind) {
            Operation operation = new Operation(numbers.incrementAndGet(), client, object, kind, time.nanos());
            End end = End.DONE;
            try {
                act(node.sets.get(set), operation);
            } catch (KddmException failed) {
                end = failed.kind() == KddmException.Kind.LOST ? End.LOST : unless(operation);
            }
            operation.ended(node.alive ? end : unless(operation), time.nanos());
            histories.get(set).add(operation);
            if (operation.end == End.LOST) {
                step(set, object, Kind.SET);
            }
        }

        private static End unless(Operation operation) {
            return operation.written != null || operation.kind == Kind.REMOVE ? End.UNKNOWN : End.NONE;
        }

        private void act(KddmSet<Stamp> set, Operation it) {
            switch (it.kind) {
                case READ -> {
                    try (Hold<Stamp> hold = set.get(it.object)) {
                        it.saw(Optional.of(hold.value()));
                    }
                }
                case LOOK -> look(set, it);
                case UPDATE -> {
                    try (Hold<Stamp> hold = set.grab(it.object)) {
                        it.saw(Optional.of(hold.value()));
                        it.written = hold.value().next(it.number);
                        hold.set(it.written);
                    }
                }
                case SET -> {
                    it.written = new Stamp(it.number << 20, it.number);
                    set.setObject(it.object, it.written);
                }
                case REMOVE -> set.removeObject(it.object);
            }
        }

        /** Looks at what is here, and if nothing is, at what the others have. */
        private void look(KddmSet<Stamp> set, Operation it) {
            Optional<Hold<Stamp>> found = set.find(it.object);
            if (found.isEmpty()) {
                it.saw(set.readNoFirstTouch(it.object));
                return;
            }
            try (Hold<Stamp> hold = found.get()) {
                it.saw(Optional.of(hold.value()));
            }
        }
    }

    /** Returns an address of this process's own: outgoing connections have ports of 127.0.0.1 only. */
    private static InetSocketAddress freeAddress() throws IOException {
        long pid = ProcessHandle.current().pid();
        String host = "127.%d.%d.%d".formatted(1 + (pid >> 16), pid >> 8 & 0xff, pid & 0xff);
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(host))) {
            return new InetSocketAddress(host, socket.getLocalPort());
        }
    }

    private void start(boolean tls) throws IOException {
        List<InetSocketAddress> addresses = new ArrayList<>();
        for (int i = 0; i < NODES; i++) {
            addresses.add(freeAddress());
        }
        String first = addresses.getFirst().getHostString() + ":"
                + addresses.getFirst().getPort();
        for (int i = 0; i < NODES; i++) {
            Security security = tls ? Security.tls(ca.issue("node" + i, now)) : Security.plain();
            nodes.add(new Node(SocketRpc.start(
                    new RpcConfig(
                            "sockets",
                            7,
                            Optional.of(NodeId.of(i)),
                            addresses.get(i),
                            Optional.empty(),
                            List.of(first),
                            security,
                            Duration.ofMillis(50)),
                    time)));
        }
        await().atMost(Duration.ofSeconds(20)).until(() -> nodes.stream()
                .allMatch(it -> it.hotplug.settled().members().equals(NodeSet.first(NODES))));
    }

    @AfterEach
    void stop() {
        nodes.stream().filter(it -> it.alive).forEach(Node::crash);
        time.close();
    }

    @ParameterizedTest
    @CsvSource({"false, false", "true, false", "true, true"})
    void whatThreadsOfAllNodesSawHasAnOrder(boolean tls, boolean crash) throws Exception {
        start(tls);
        List<User> users = new ArrayList<>();
        List<Future<?>> ends = new ArrayList<>();
        try (ExecutorService pool = Executors.newCachedThreadPool()) {
            for (int i = 0; i < NODES * THREADS; i++) {
                User user = new User(nodes.get(i % NODES), i);
                users.add(user);
                ends.add(pool.submit(user::run));
            }
            if (crash) {
                await().atMost(Duration.ofSeconds(60)).until(() -> begun.get() > NODES * THREADS * OPERATIONS / 3);
                nodes.get(VICTIM).crash();
            }
            for (Future<?> end : ends) {
                end.get(100, TimeUnit.SECONDS);
            }
        }
        for (int set = 0; set < SETS; set++) {
            check(users, set, crash && set == 0);
        }
    }

    private static void check(List<User> users, int set, boolean losses) {
        for (long object = 0; object < OBJECTS; object++) {
            long number = object;
            List<Operation> history = users.stream()
                    .flatMap(user -> user.histories.get(set).stream())
                    .filter(it -> it.object == number)
                    .toList();
            assertThat(Linearizability.violation(history, losses))
                    .describedAs("object %d of set %d", object, set)
                    .isEmpty();
        }
    }
}
