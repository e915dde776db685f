package org.linuxssi.testbed;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.DelayQueue;
import java.util.concurrent.Delayed;
import java.util.concurrent.TimeUnit;
import org.linuxssi.linux.PacketPort;

/**
 * A program in the hub's name space that carries the frames of some pairs of nodes late. The hub drops these frames
 * itself; the relay sees each of them before, at the port where it enters, and sends it out by the other port when its
 * time has come. Order within a direction is kept.
 *
 * <p>Arguments: a file to make when ready, then {@code LOW-HIGH=MILLISECONDS} for each pair.
 */
public final class DelayRelay {

    private static final int DESTINATION = PacketPort.OFFLOAD_HEADER;
    private static final int HARDWARE = 6;

    private DelayRelay() {}

    /** Runs until killed. */
    public static void main(String[] arguments) throws IOException {
        Map<NodePair, Integer> delays = parse(Arrays.asList(arguments).subList(1, arguments.length));
        Map<Integer, PacketPort> ports = new TreeMap<>();
        for (NodePair pair : delays.keySet()) {
            ports.computeIfAbsent(pair.low(), node -> new PacketPort(Wiring.port(node)));
            ports.computeIfAbsent(pair.high(), node -> new PacketPort(Wiring.port(node)));
        }
        ports.forEach((node, port) -> {
            List<Direction> directions = new ArrayList<>();
            delays.forEach((pair, millis) -> {
                if (pair.has(node)) {
                    int other = pair.other(node);
                    directions.add(Direction.start(Wiring.hardware(other), port(ports, other), millis));
                }
            });
            Thread.ofPlatform().name("from-" + node).start(() -> receive(port, directions));
        });
        Files.createFile(Path.of(arguments[0]));
    }

    /** Reads {@code LOW-HIGH=MILLISECONDS} words. */
    static Map<NodePair, Integer> parse(List<String> words) {
        Map<NodePair, Integer> delays = new TreeMap<>();
        for (String word : words) {
            int equals = word.indexOf('=');
            delays.put(NodePair.parse(word.substring(0, equals)), Integer.valueOf(word.substring(equals + 1)));
        }
        return delays;
    }

    private static PacketPort port(Map<Integer, PacketPort> ports, int node) {
        PacketPort port = ports.get(node);
        if (port == null) {
            throw new IllegalStateException("no port of node " + node);
        }
        return port;
    }

    private static void receive(PacketPort port, List<Direction> directions) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(PacketPort.MAX_FRAME, 8);
            while (true) {
                int length = port.receive(buffer);
                for (Direction direction : directions) {
                    direction.offer(buffer, length);
                }
            }
        }
    }

    /** The frames for one destination. */
    private record Direction(MemorySegment station, PacketPort port, long delayNanos, DelayQueue<Frame> queue) {

        static Direction start(byte[] station, PacketPort port, int millis) {
            long delay = Duration.ofMillis(millis).toNanos();
            Direction direction = new Direction(MemorySegment.ofArray(station), port, delay, new DelayQueue<>());
            Thread.ofPlatform().name("delay").start(direction::send);
            return direction;
        }

        void offer(MemorySegment buffer, int length) {
            if (length >= DESTINATION + HARDWARE
                    && buffer.asSlice(DESTINATION, HARDWARE).mismatch(station) == -1) {
                byte[] bytes = buffer.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
                queue.add(new Frame(bytes, System.nanoTime() + delayNanos));
            }
        }

        void send() {
            try {
                while (true) {
                    port.send(queue.take().bytes);
                }
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static final class Frame implements Delayed {

        private final byte[] bytes;
        private final long due;

        Frame(byte[] bytes, long due) {
            this.bytes = bytes;
            this.due = due;
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(due - System.nanoTime(), TimeUnit.NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            return Long.compare(due, ((Frame) other).due);
        }
    }
}
