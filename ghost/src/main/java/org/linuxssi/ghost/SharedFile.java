package org.linuxssi.ghost;

import org.linuxssi.tools.Codec;
import org.linuxssi.tools.DecodeException;

/** An open file that an image of several processes has once. */
sealed interface SharedFile {

    /** The most bytes of a path. */
    int PATH = 8192;

    Codec<SharedFile> CODEC = Codec.of(
            (file, out) -> {
                switch (file) {
                    case Named(String path, int flags, long position, int lock) ->
                        out.i8(0).text(path).i32(flags).i64(position).i8(lock);
                    case PipeEnd(long pipe, String path, int flags) ->
                        out.i8(1).i64(pipe).text(path).i32(flags);
                    case State(AnonymousFile state) -> out.i8(2).value(state, AnonymousFile.CODEC);
                    case Terminal(String path, int flags) ->
                        out.i8(3).text(path).i32(flags);
                    case Stored(String key, String path, int flags, long position, int lock) ->
                        out.i8(4).text(key).text(path).i32(flags).i64(position).i8(lock);
                    case Watching(AnonymousFile.Interest interest, int pid) ->
                        out.i8(6).value(interest, AnonymousFile.Interest.CODEC).i32(pid);
                    case Socket(SavedSocket socket) -> out.i8(5).value(socket, SavedSocket.CODEC);
                }
            },
            in -> {
                int kind = in.i8();
                return switch (kind) {
                    case 0 -> new Named(in.text(PATH), in.i32(), in.i64(), in.i8());
                    case 1 -> new PipeEnd(in.i64(), in.text(PATH), in.i32());
                    case 2 -> new State(in.value(AnonymousFile.CODEC));
                    case 3 -> new Terminal(in.text(PATH), in.i32());
                    case 4 -> new Stored(in.text(PATH), in.text(PATH), in.i32(), in.i64(), in.i8());
                    case 5 -> new Socket(in.value(SavedSocket.CODEC));
                    case 6 -> new Watching(in.value(AnonymousFile.Interest.CODEC), in.i32());
                    default -> throw new DecodeException(in.position() - 1, kind + " is no kind of shared file");
                };
            });

    /** Returns what {@code /proc} called it, for users. */
    String name();

    /** A file with a path and an offset; the parameters are those of {@link FileImage.Open.Path}. */
    record Named(String path, int flags, long position, int lock) implements SharedFile {
        @Override
        public String name() {
            return path;
        }
    }

    /**
     * One end of a pipe.
     *
     * @param pipe names the pipe within the image
     * @param path of a FIFO; empty for a pipe without a name
     * @param flags of open(2)
     */
    record PipeEnd(long pipe, String path, int flags) implements SharedFile {
        @Override
        public String name() {
            return path.isEmpty() ? "pipe:[" + pipe + "]" : path;
        }

        /** Tells whether bytes are read here; a FIFO may be open for both. */
        boolean reads() {
            return (flags & 3) != 1;
        }

        /** Tells whether bytes are written here. */
        boolean writes() {
            return (flags & 3) != 0;
        }
    }

    /** One that stands for nothing but its state. */
    record State(AnonymousFile state) implements SharedFile {
        @Override
        public String name() {
            return AnonymousFile.LINK + state.getClass().getSimpleName();
        }
    }

    /**
     * What epoll watches for several processes.
     *
     * @param pid the process, by its number in the cluster, whose descriptors name the files
     */
    record Watching(AnonymousFile.Interest interest, int pid) implements SharedFile {
        @Override
        public String name() {
            return AnonymousFile.LINK + "[eventpoll]";
        }
    }

    /** A terminal, in whose place comes that of who restarts. */
    record Terminal(String path, int flags) implements SharedFile {
        @Override
        public String name() {
            return path;
        }
    }

    /**
     * A deleted file or a memory file, whose content is in the image.
     *
     * @param key of the {@link SharedObject}
     * @param path that it had
     */
    record Stored(String key, String path, int flags, long position, int lock) implements SharedFile {
        @Override
        public String name() {
            return path;
        }
    }

    /** A socket; those of an image refer to each other. */
    record Socket(SavedSocket socket) implements SharedFile {
        @Override
        public String name() {
            return socket.name();
        }
    }
}
