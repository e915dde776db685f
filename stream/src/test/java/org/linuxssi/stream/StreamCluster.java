package org.linuxssi.stream;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.Epoll;
import org.linuxssi.linux.Errno;
import org.linuxssi.rpc.MemoryNetwork;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.SystemTime;

/** Nodes with streams in one process, and the calls of programs on descriptors. */
final class StreamCluster implements AutoCloseable {

    static final Duration DEADLINE = Duration.ofSeconds(10);

    final MemoryNetwork network;
    private final SystemTime time = new SystemTime();
    private final List<Rpc> rpcs = new ArrayList<>();
    private final List<Streams> nodes = new ArrayList<>();

    StreamCluster(int count) {
        network = new MemoryNetwork(time);
        for (int i = 0; i < count; i++) {
            Rpc rpc = network.node(NodeId.of(i));
            rpcs.add(rpc);
            nodes.add(new Streams(rpc, "/dev/ptmx", Duration.ofSeconds(20)));
        }
        Awaitility.await()
                .until(() -> rpcs.stream().allMatch(rpc -> rpc.connected().size() == count - 1));
    }

    Streams node(int id) {
        return nodes.get(id);
    }

    /** Cuts the power of a node; the others notice. */
    void kill(int id) {
        nodes.get(id).close();
        rpcs.get(id).close();
        for (int i = 0; i < nodes.size(); i++) {
            if (i != id) {
                nodes.get(i).nodeLost(NodeId.of(id));
            }
        }
    }

    /** Moves a descriptor as the migration of its only holder does, and returns the new one. */
    int move(int from, int to, int descriptor) {
        try (Export export = prepare(from, to, descriptor)) {
            int arrived = node(to).importTicket(copy(export.tickets().getFirst()));
            Descriptors.close(descriptor);
            export.commit();
            return arrived;
        }
    }

    /** Begins to move a descriptor and gives up, after the import or before. */
    void tryMove(int from, int to, int descriptor, boolean imported) {
        try (Export export = prepare(from, to, descriptor)) {
            if (imported) {
                Descriptors.close(node(to).importTicket(copy(export.tickets().getFirst())));
            }
        }
    }

    Export prepare(int from, int to, int descriptor) {
        return node(from)
                .prepareExport(NodeId.of(to), List.of(new Leaving(Descriptors.duplicate(descriptor))), DEADLINE);
    }

    static StreamTicket copy(StreamTicket ticket) {
        return StreamTicket.CODEC.fromBytes(StreamTicket.CODEC.toBytes(ticket));
    }

    void awaitNothingHeld() {
        Awaitility.await().untilAsserted(() -> org.assertj.core.api.Assertions.assertThat(nodes)
                .allSatisfy(node -> org.assertj.core.api.Assertions.assertThat(node.statistics())
                        .isEqualTo(StreamStatistics.NONE)));
    }

    static void write(int descriptor, byte[] bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment copy = arena.allocate(bytes.length);
            MemorySegment.copy(MemorySegment.ofArray(bytes), 0, copy, 0, bytes.length);
            long done = 0;
            while (done < bytes.length) {
                ready(descriptor, Epoll.OUT);
                done += count(Descriptors.write(descriptor, copy.asSlice(done), bytes.length - done));
            }
        }
    }

    static void write(int descriptor, String text) {
        write(descriptor, text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    /** Reads at most so many bytes as one read(2) gives; empty at the end. */
    static byte[] read(int descriptor, int limit) {
        ready(descriptor, Epoll.IN);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(limit);
            return buffer.asSlice(0, count(Descriptors.read(descriptor, buffer, limit)))
                    .toArray(JAVA_BYTE);
        }
    }

    static String text(int descriptor, int count) {
        StringBuilder text = new StringBuilder();
        while (text.length() < count) {
            byte[] some = read(descriptor, count - text.length());
            if (some.length == 0) {
                break;
            }
            text.append(new String(some, java.nio.charset.StandardCharsets.UTF_8));
        }
        return text.toString();
    }

    /** Reads until the text ends so. */
    static String text(int descriptor, int limit, String end) {
        StringBuilder text = new StringBuilder();
        while (text.length() < limit && !text.toString().endsWith(end)) {
            text.append(new String(read(descriptor, 1), java.nio.charset.StandardCharsets.UTF_8));
        }
        return text.toString();
    }

    private static void ready(int descriptor, int interest) {
        if (Epoll.poll(descriptor, interest, (int) DEADLINE.toMillis()) == 0) {
            throw new AssertionError("descriptor " + descriptor + " is not ready");
        }
    }

    private static long count(long result) {
        if (result < 0) {
            throw new org.linuxssi.linux.ErrnoException("i/o", Errno.of((int) -result));
        }
        return result;
    }

    @Override
    public void close() {
        nodes.forEach(Streams::close);
        rpcs.forEach(Rpc::close);
        time.close();
    }
}
