package org.linuxssi.epm;

import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;
import org.linuxssi.epm.spi.Places;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.proc.History;
import org.linuxssi.proc.ProcessTable;
import org.linuxssi.proc.Relations;
import org.linuxssi.tools.DecodeException;
import org.linuxssi.tools.NodeId;

/**
 * Places by the process table of the module {@code proc}.
 *
 * @param table the processes of this node
 * @param self this node
 * @param came is told of processes that are about to run here, so that what shows them looks again
 * @param went is told of processes that run elsewhere now; may wait until all nodes know
 */
public record TablePlaces(ProcessTable table, NodeId self, IntConsumer came, IntConsumer went) implements Places {

    @Override
    public Optional<NodeId> where(int pid) {
        NodeId node = table.where(pid);
        if (!node.equals(self)) {
            return Optional.of(node);
        }
        try {
            table.hostPid(pid);
            return Optional.of(node);
        } catch (ErrnoException _) {
            return Optional.empty();
        }
    }

    @Override
    public List<Integer> here() {
        return table.here();
    }

    @Override
    public int owner(int pid) {
        return table.owner(pid);
    }

    @Override
    public byte[] relations(int pid) {
        return Relations.CODEC.toBytes(table.relations(pid));
    }

    @Override
    public int prepare(int pid, NodeId from, byte[] relations) {
        return table.prepare(decode(pid, relations), from);
    }

    @Override
    public void adjust(int pid, byte[] relations) {
        table.adjust(decode(pid, relations));
    }

    private static Relations decode(int pid, byte[] relations) {
        try {
            Relations decoded = Relations.CODEC.fromBytes(relations);
            if (decoded.self().pid() == pid) {
                return decoded;
            }
        } catch (DecodeException _) {
            throw new ErrnoException("relations of pid " + pid, Errno.EPROTO);
        }
        throw new ErrnoException("relations of pid " + pid + " are those of another", Errno.EPROTO);
    }

    @Override
    public void abandon(int pid) {
        table.abandon(pid);
    }

    @Override
    public void moved(int pid, NodeId to) {
        table.moved(pid, to);
    }

    @Override
    public History history(int pid) {
        return table.history(pid);
    }

    @Override
    public void arrived(int pid, NodeId from, History history) {
        table.arrived(pid, from, history);
        came.accept(pid);
    }

    @Override
    public void settled(int pid) {
        table.settled();
    }

    @Override
    public void departing(int pid, NodeId to) {
        table.departing(pid, to);
    }

    @Override
    public void stayed(int pid) {
        table.stayed(pid);
    }

    @Override
    public void departed(int pid, NodeId to, boolean stopped) {
        table.departed(pid, to, stopped);
        went.accept(pid);
    }

    @Override
    public void killed(int pid) {
        table.killedDeparting(pid);
    }
}
