package org.linuxssi.stream;

import java.util.HashMap;
import java.util.Map;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.rpc.Service;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.Registration;

/**
 * Offsets of regular files that a process which left shares with processes that stay, as a child shares its standard
 * output with the shell. The process opens the file again on its new node; when it ends there, or leaves again, its offset
 * is given back before anybody is told, so that the next one goes on where it stopped.
 *
 * <pre>{@code
 * SharedOffsets.Lent lent = offsets.lend(duplicate);       // on the node that it leaves
 * offsets.giveBack(lent, position);                        // on the node where it ended, before its exit is told
 * }</pre>
 */
public final class SharedOffsets implements AutoCloseable {

    /**
     * Names a lent offset in the cluster.
     *
     * @param node where it is shared
     * @param number on that node
     */
    public record Lent(NodeId node, long number) {

        /** The bytes of it. */
        public static final Codec<Lent> CODEC =
                Codec.of((lent, out) -> out.node(lent.node).i64(lent.number), in -> new Lent(in.node(), in.i64()));
    }

    private record Return(long number, long offset) {
        static final Codec<Return> CODEC =
                Codec.of((back, out) -> out.i64(back.number).i64(back.offset), in -> new Return(in.i64(), in.i64()));
    }

    private static final Service<Return, Codec.Nothing> RETURN =
            Service.of(321, "stream-offset", Return.CODEC, Codec.NOTHING, Service.Dispatch.BLOCKING);

    private final Rpc rpc;
    private final Registration registration;
    private final Map<Long, Integer> lent = new HashMap<>();
    private long numbers;

    /** Starts to take offsets back. */
    public SharedOffsets(Rpc rpc) {
        this.rpc = rpc;
        registration = rpc.serve(RETURN, (from, back) -> {
            take(back);
            return Codec.Nothing.NOTHING;
        });
    }

    /**
     * Remembers an open file whose offset others here share.
     *
     * @param descriptor a duplicate in this daemon, which it keeps until the offset is given back
     */
    public synchronized Lent lend(int descriptor) {
        lent.put(++numbers, descriptor);
        return new Lent(rpc.self(), numbers);
    }

    /**
     * Gives an offset back and waits until it is in place; a second time does nothing.
     *
     * @param back what {@link #lend} returned
     * @param offset bytes from the start of the file
     * @throws org.linuxssi.rpc.RpcException when the node is out of reach
     */
    public void giveBack(Lent back, long offset) {
        rpc.call(back.node(), RETURN, new Return(back.number(), offset));
    }

    private synchronized void take(Return back) {
        Integer descriptor = lent.remove(back.number());
        if (descriptor != null) {
            try {
                Descriptors.seek(descriptor, back.offset(), Descriptors.SEEK_SET);
            } finally {
                Descriptors.close(descriptor);
            }
        }
    }

    /** The process did not leave, or is gone with its node: the offset stays what it is here. */
    public synchronized void keep(Lent back) {
        Integer descriptor = lent.remove(back.number());
        if (descriptor != null) {
            Descriptors.close(descriptor);
        }
    }

    @Override
    public synchronized void close() {
        registration.close();
        lent.values().forEach(Descriptors::close);
        lent.clear();
    }
}
