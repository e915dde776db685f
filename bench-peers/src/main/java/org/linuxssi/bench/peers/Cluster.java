package org.linuxssi.bench.peers;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;

/** Three nodes of a product in Java machines of their own, which end with it. */
final class Cluster implements AutoCloseable {

    /** How many nodes. */
    static final int NODES = 3;

    private static final int LOWEST_PORT = 20_000;
    private static final int HIGHEST_PORT = 32_000;
    private static final int PORT_STEP = 10;
    private static final int LOOK_MILLIS = 500;
    private static final Duration LONGEST_CONNECT = Duration.ofSeconds(60);
    private static final Duration LONGEST_ORDER = Duration.ofSeconds(150);

    private record Link(Socket socket, DataInputStream in, DataOutputStream out) {}

    private final Product product;
    private final Path directory;
    private final List<Process> processes = new ArrayList<>();
    private final Map<Integer, Link> links = new TreeMap<>();

    private Cluster(Product product, Path directory) {
        this.product = product;
        this.directory = directory;
    }

    /**
     * Starts the nodes; the directory gets a log of each.
     *
     * @throws IOException when one of them does not start; none is left then
     */
    static Cluster start(Product product, Path directory) throws IOException {
        Cluster cluster = new Cluster(product, directory);
        Runtime.getRuntime().addShutdownHook(new Thread(cluster::kill));
        try {
            cluster.start();
            return cluster;
        } catch (IOException | RuntimeException problem) {
            cluster.close();
            throw problem;
        }
    }

    private void start() throws IOException {
        if (product == Product.KDDM_TLS) {
            KddmPeer.makeKeys(directory, NODES);
        }
        List<Integer> ports = freePorts();
        try (ServerSocket control = new ServerSocket(0, NODES, InetAddress.getLoopbackAddress())) {
            for (int number = 0; number < NODES; number++) {
                launch(number, control.getLocalPort(), ports);
            }
            control.setSoTimeout(LOOK_MILLIS);
            long start = System.nanoTime();
            while (links.size() < NODES) {
                accept(control);
                for (int number = 0; number < NODES; number++) {
                    if (!processes.get(number).isAlive() || System.nanoTime() - start > LONGEST_CONNECT.toNanos()) {
                        throw new IOException("node " + number + " did not start: " + lastWords(number));
                    }
                }
            }
        }
        for (int number = 0; number < NODES; number++) {
            send(number, new Order(Order.Action.START, 0));
        }
        for (int number = 0; number < NODES; number++) {
            receive(number);
        }
    }

    private String lastWords(int number) throws IOException {
        List<String> lines = Files.readAllLines(log(number));
        return lines.isEmpty() ? "it said nothing" : lines.getLast();
    }

    private Path log(int number) {
        return directory.resolve("node" + number + ".log");
    }

    /** Returns ports below those that the kernel gives to outgoing connections, with a few free ones after each. */
    private static List<Integer> freePorts() throws IOException {
        int base = ThreadLocalRandom.current().nextInt(LOWEST_PORT, HIGHEST_PORT);
        List<Integer> ports = new ArrayList<>();
        for (int port = base; ports.size() < NODES; port += PORT_STEP) {
            if (isFree(port) && isFree(port + InfinispanPeer.DETECTION)) {
                ports.add(port);
            }
        }
        return ports;
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException taken) {
            return false;
        }
    }

    private void launch(int number, int control, List<Integer> ports) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "-Djava.io.tmpdir=" + directory));
        command.addAll(JavaOptions.ALL);
        command.addAll(List.of(
                Node.class.getName(),
                product.name(),
                Integer.toString(number),
                directory.toString(),
                Integer.toString(control)));
        ports.forEach(port -> command.add(port.toString()));
        processes.add(new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log(number).toFile())
                .directory(directory.toFile())
                .start());
    }

    private void accept(ServerSocket control) throws IOException {
        try {
            Socket socket = control.accept();
            socket.setTcpNoDelay(true);
            socket.setSoTimeout((int) LONGEST_ORDER.toMillis());
            DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
            DataOutputStream out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream()));
            links.put(in.readInt(), new Link(socket, in, out));
        } catch (SocketTimeoutException none) {
            // the caller looks whether it is worth to wait on
            return;
        }
    }

    /** Has a node carry out an order, and returns what it answers. */
    long[] order(int node, Order order) throws IOException {
        send(node, order);
        return receive(node);
    }

    /** Sends an order; its answer has to be received. */
    void send(int node, Order order) throws IOException {
        order.send(link(node).out());
    }

    /**
     * Returns what a node answers to the order sent before.
     *
     * @throws IOException when it failed, or answered nothing for two minutes and a half
     */
    long[] receive(int node) throws IOException {
        DataInputStream in = link(node).in();
        String problem;
        long[] numbers;
        try {
            problem = in.readUTF();
            numbers = Order.receiveNumbers(in);
        } catch (EOFException ended) {
            throw new IOException("node " + node + " ended: " + lastWords(node), ended);
        }
        if (!problem.isEmpty()) {
            throw new IOException("node " + node + ": " + problem);
        }
        return numbers;
    }

    private Link link(int node) throws IOException {
        Link link = links.get(node);
        if (link == null) {
            throw new IOException("node " + node + " is not there");
        }
        return link;
    }

    /** Ends a node by SIGKILL, and returns the time just before. */
    long kill(int node) {
        long before = System.nanoTime();
        processes.get(node).destroyForcibly();
        return before;
    }

    private void kill() {
        processes.forEach(Process::destroyForcibly);
    }

    @Override
    public void close() throws IOException {
        kill();
        for (Link link : links.values()) {
            link.socket().close();
        }
        for (Process process : processes) {
            process.onExit().join();
        }
    }
}
