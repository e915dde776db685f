package org.linuxssi.stream;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.Epoll;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Pipes;

/** A pipe whose one end the program has. */
record PipeStandIn(int descriptor, Identity identity, String name, boolean reads) implements StandIn {

    static Made make(StreamTicket ticket) {
        Pipes.Pipe pipe = Pipes.create();
        boolean reads = (ticket.flags() & Descriptors.O_ACCMODE) == Descriptors.O_RDONLY;
        int ours = reads ? pipe.writeEnd() : pipe.readEnd();
        int theirs = reads ? pipe.readEnd() : pipe.writeEnd();
        Pipes.capacity(ours, ticket.capacity());
        Descriptors.setFlags(ours, Descriptors.O_NONBLOCK);
        Descriptors.setFlags(theirs, ticket.flags() & (Descriptors.O_NONBLOCK | Descriptors.O_APPEND));
        return new Made(new PipeStandIn(ours, Identity.of(theirs), Holders.name(theirs), reads), theirs);
    }

    @Override
    public boolean writes() {
        return !reads;
    }

    @Override
    public long fromProgram(MemorySegment buffer) {
        return Descriptors.read(descriptor, buffer, buffer.byteSize());
    }

    @Override
    public long toProgram(MemorySegment buffer, long count) {
        return Descriptors.write(descriptor, buffer, count);
    }

    @Override
    public boolean abandoned() {
        return reads && (Epoll.poll(descriptor, Epoll.OUT) & Epoll.ERR) != 0;
    }

    @Override
    public long unread(int held) {
        return reads ? Descriptors.readable(descriptor) : 0;
    }

    @Override
    public byte[] rescue(int held, MemorySegment buffer) {
        return new byte[0];
    }

    @Override
    public byte[] takeUnread(MemorySegment buffer) {
        int end = Descriptors.reopen(descriptor, Descriptors.O_RDONLY | Descriptors.O_NONBLOCK);
        try {
            long count = Math.max(0, Descriptors.read(end, buffer, buffer.byteSize()));
            return buffer.asSlice(0, count).toArray(JAVA_BYTE);
        } finally {
            Descriptors.close(end);
        }
    }

    @Override
    public boolean endReading() {
        return true;
    }

    @Override
    public boolean breakWriting() {
        return true;
    }

    @Override
    public int share(int flags) {
        int mode = reads ? Descriptors.O_RDONLY : Descriptors.O_WRONLY;
        try {
            int shared = Descriptors.reopen(descriptor, mode | Descriptors.O_NONBLOCK);
            Descriptors.setFlags(shared, flags & (Descriptors.O_NONBLOCK | Descriptors.O_APPEND));
            return shared;
        } catch (ErrnoException _) {
            return -1;
        }
    }

    @Override
    public void close() {
        Descriptors.close(descriptor);
    }
}
