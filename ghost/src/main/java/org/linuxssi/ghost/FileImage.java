package org.linuxssi.ghost;

import java.util.List;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.DecodeException;

/**
 * The descriptors of a process and the open files behind them.
 *
 * @param open the open files
 * @param descriptors which of them each descriptor stands for
 * @param notices the signals that come when some of them become ready
 * @param locks those on parts of files
 */
record FileImage(List<Open> open, List<Descriptor> descriptors, List<Notice> notices, List<RecordLock> locks) {

    private static final int LIMIT = 1 << 20;
    private static final int PATH = 8192;
    private static final int RELAYED = 1 << 16;
    private static final int NUMBER = 4;

    static final Codec<FileImage> CODEC = Codec.of(
            (files, out) -> out.list(files.open, Open.CODEC)
                    .list(files.descriptors, Descriptor.CODEC)
                    .list(files.notices, Notice.CODEC)
                    .list(files.locks, RecordLock.CODEC),
            in -> new FileImage(
                    in.list(LIMIT, Open.CODEC),
                    in.list(LIMIT, Descriptor.CODEC),
                    in.list(LIMIT, Notice.CODEC),
                    in.list(LIMIT, RecordLock.CODEC)));

    /** An open file. */
    sealed interface Open {
        Codec<Open> CODEC = Codec.of(
                (open, out) -> {
                    switch (open) {
                        case Path(String path, int flags, long position, int lock) ->
                            out.i8(0).text(path).i32(flags).i64(position).i8(lock);
                        case Relayed(byte[] image) -> out.i8(1).bytes(image);
                        case Anonymous(AnonymousFile file) -> out.i8(2).value(file, AnonymousFile.CODEC);
                        case Inner(byte[] number) -> out.i8(4).bytes(number);
                        case Stored(String key, int flags, long position, int lock) ->
                            out.i8(3).text(key).i32(flags).i64(position).i8(lock);
                    }
                },
                in -> {
                    int kind = in.i8();
                    return switch (kind) {
                        case 0 -> new Path(in.text(PATH), in.i32(), in.i64(), in.i8());
                        case 1 -> new Relayed(in.bytes(RELAYED));
                        case 2 -> new Anonymous(in.value(AnonymousFile.CODEC));
                        case 3 -> new Stored(in.text(PATH), in.i32(), in.i64(), in.i8());
                        case 4 -> new Inner(in.bytes(NUMBER));
                        default -> throw new DecodeException(0, kind + " is no kind of open file");
                    };
                });

        /**
         * One that its path opens again: a regular file, a directory, a simple device.
         *
         * @param flags of open(2)
         * @param position of the next read or write
         * @param lock the lock of flock(2) that it holds: LOCK_SH, LOCK_EX or 0
         */
        record Path(String path, int flags, long position, int lock) implements Open {}

        /** One that a service takes care of. Written and read, never compared: so an array is good enough. */
        @SuppressWarnings("ArrayRecordComponent")
        record Relayed(byte[] image) implements Open {}

        /** One of {@link InnerFiles}, by its number in the image. */
        @SuppressWarnings("ArrayRecordComponent")
        record Inner(byte[] number) implements Open {}

        /** One that is made again in the state it had. */
        record Anonymous(AnonymousFile file) implements Open {}

        /** One that no directory has: the key of the {@link SharedObject}; the rest as of {@link Path}. */
        record Stored(String key, int flags, long position, int lock) implements Open {}
    }

    /** A descriptor: its number, the index of its open file, and whether execve closes it. */
    record Descriptor(int number, int open, boolean closeOnExec) {
        static final Codec<Descriptor> CODEC = Codec.of(
                (d, out) -> out.i32(d.number).i32(d.open).bool(d.closeOnExec),
                in -> new Descriptor(in.length(LIMIT), in.i32(), in.bool()));
    }
}
