package org.linuxssi.epm;

import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.List;
import java.util.function.IntUnaryOperator;
import org.linuxssi.epm.spi.Departure;
import org.linuxssi.epm.spi.Imaging;
import org.linuxssi.ghost.HeldProcess;
import org.linuxssi.ghost.Imager;
import org.linuxssi.ghost.ProcessArrival;
import org.linuxssi.ghost.ProcessDeparture;
import org.linuxssi.tools.NodeId;

/**
 * Images of the module {@code ghost}.
 *
 * @param imager takes and builds them
 * @param host returns the pid outside of the container of a process of this node; throws ErrnoException with ESRCH when
 *     there is none
 * @param doorway returns the number, in an agent given by its pid outside, of a pidfd of this daemon, through which it
 *     takes relayed files; -1 when it has none
 */
public record GhostImaging(Imager imager, IntUnaryOperator host, IntUnaryOperator doorway) implements Imaging {

    @Override
    public List<String> obstacles(int pid) {
        return imager.obstacles(host.applyAsInt(pid));
    }

    @Override
    public byte[] needs(int pid) {
        return imager.needs(host.applyAsInt(pid));
    }

    @Override
    public List<String> lacking(byte[] needs) {
        return imager.lacking(needs);
    }

    @Override
    public long memory(int pid) {
        return imager.memory(host.applyAsInt(pid));
    }

    @Override
    public Departure depart(int pid, NodeId target) {
        Imager leaving = new Imager(imager.premises(), imager.relayed().towards(target));
        return new Leaving(leaving.depart(host.applyAsInt(pid)));
    }

    @Override
    public Arrival arrive(ReadableByteChannel image, int agent) throws IOException {
        return new Coming(imager.arrive(image, agent, doorway.applyAsInt(agent)));
    }

    @Override
    public void goOn(byte[] held) {
        HeldProcess.CODEC.fromBytes(held).goOn();
    }

    @Override
    public void end(byte[] held) {
        HeldProcess.CODEC.fromBytes(held).end();
    }

    private record Leaving(ProcessDeparture ghost) implements Departure {
        @Override
        public Progress copyLive(WritableByteChannel image) throws IOException {
            return progress(ghost.copyLive(image));
        }

        @Override
        public void freeze() {
            ghost.freeze();
        }

        @Override
        public boolean stopped() {
            return ghost.stopped();
        }

        @Override
        public Progress copyRest(WritableByteChannel image) throws IOException {
            return progress(ghost.copyRest(image));
        }

        @Override
        public void end() throws IOException {
            ghost.end();
        }

        private static Progress progress(ProcessDeparture.Progress progress) {
            return new Progress(progress.bytes(), progress.rounds());
        }

        @Override
        public byte[] hold() {
            return HeldProcess.CODEC.toBytes(ghost.hold());
        }

        @Override
        public void resume() {
            ghost.resume();
        }

        @Override
        public void replace() {
            ghost.replace();
        }

        @Override
        public void close() {
            ghost.close();
        }
    }

    private record Coming(ProcessArrival ghost) implements Arrival {
        @Override
        public byte[] hold() {
            return HeldProcess.CODEC.toBytes(ghost.hold());
        }

        @Override
        public void run() {
            ghost.run();
        }

        @Override
        public void abandon() {
            ghost.abandon();
        }
    }
}
