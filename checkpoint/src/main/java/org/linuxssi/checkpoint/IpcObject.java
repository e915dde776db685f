package org.linuxssi.checkpoint;

import java.util.List;
import org.linuxssi.linux.SystemV;
import org.linuxssi.linux.SystemV.Kind;
import org.linuxssi.linux.SystemV.Message;
import org.linuxssi.linux.SystemV.Status;
import org.linuxssi.tools.Codec;

/**
 * A saved object of System V interprocess communication; the content of shared memory follows it in its file.
 *
 * @param kind what it is
 * @param id its number
 * @param status owner, permissions and size
 * @param values of semaphores
 * @param messages of a queue, the oldest first
 */
record IpcObject(Kind kind, int id, Status status, List<Integer> values, List<Message> messages) {

    /** The most semaphores of an array (SEMMSL, {@code linux/sem.h}, and then some). */
    private static final int SEMAPHORES = 1 << 16;

    private static final int MESSAGES = 1 << 20;
    private static final int TEXT = 1 << 26;

    private static final Codec<Status> STATUS = Codec.of(
            (status, out) -> out.i32(status.key())
                    .i32(status.uid())
                    .i32(status.gid())
                    .i32(status.creator())
                    .i32(status.creatorGroup())
                    .i32(status.mode())
                    .i64(status.size()),
            in -> new Status(in.i32(), in.i32(), in.i32(), in.i32(), in.i32(), in.i32(), false, in.i64(), 0));

    private static final Codec<Integer> VALUE =
            Codec.of((value, out) -> out.i32(value), in -> in.length(SystemV.MOST_VALUE));

    private static final Codec<Message> MESSAGE = Codec.of(
            (message, out) -> out.i64(message.type()).bytes(message.text()),
            in -> new Message(in.i64(), in.bytes(TEXT)));

    static final Codec<IpcObject> CODEC = Codec.of(
            (it, out) -> out.constant(it.kind)
                    .i32(it.id)
                    .value(it.status, STATUS)
                    .list(it.values, VALUE)
                    .list(it.messages, MESSAGE),
            in -> new IpcObject(
                    in.constant(Kind.values()),
                    in.i32(),
                    in.value(STATUS),
                    in.list(SEMAPHORES, VALUE),
                    in.list(MESSAGES, MESSAGE)));

    /** Copies the lists. */
    IpcObject {
        values = List.copyOf(values);
        messages = List.copyOf(messages);
    }
}
