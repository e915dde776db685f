package org.linuxssi.ghost;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.Described;

/** The open files that processes of an application have in common, and what its pipes hold. */
public final class SharedFiles {

    private static final int LIMIT = 1 << 20;

    /** The form in images. */
    public static final Codec<SharedFiles> CODEC = Codec.of(
            (shared, out) -> out.list(shared.files, SharedFile.CODEC)
                    .list(shared.pipes, PipeContent.CODEC)
                    .list(shared.objects, SharedObject.CODEC),
            in -> new SharedFiles(
                    in.list(LIMIT, SharedFile.CODEC),
                    in.list(LIMIT, PipeContent.CODEC),
                    in.list(LIMIT, SharedObject.CODEC)));

    private final List<SharedFile> files;
    private final List<PipeContent> pipes;
    private final List<SharedObject> objects;

    /**
     * Holds files by their numbers in the images of the processes.
     *
     * @param pipes what each pipe holds
     * @param objects shared memory and deleted files
     */
    SharedFiles(List<SharedFile> files, List<PipeContent> pipes, List<SharedObject> objects) {
        this.files = List.copyOf(files);
        this.pipes = List.copyOf(pipes);
        this.objects = List.copyOf(objects);
    }

    /**
     * What is in a pipe. Written and read, never compared: so an array is good enough.
     *
     * @param pipe its name in {@link SharedFile.PipeEnd}
     * @param capacity in bytes
     * @param bytes written and not read yet
     */
    @SuppressWarnings("ArrayRecordComponent")
    record PipeContent(long pipe, int capacity, byte[] bytes) {
        private static final int MOST = 1 << 30;

        static final Codec<PipeContent> CODEC = Codec.of(
                (content, out) -> out.i64(content.pipe).i32(content.capacity).bytes(content.bytes),
                in -> new PipeContent(in.i64(), in.length(MOST), in.bytes(MOST)));
    }

    List<SharedFile> files() {
        return files;
    }

    /** Returns what it consists of. */
    public Described described() {
        Map<String, Described> parts = new LinkedHashMap<>();
        parts.put("files", Described.of(files));
        parts.put("pipes", Described.of(pipes));
        parts.put("objects", Described.of(objects));
        return new Described.Fields(parts);
    }

    /** Returns the sockets, without those of these numbers. */
    List<SavedSocket> sockets(Set<Integer> without) {
        List<SavedSocket> sockets = new ArrayList<>();
        for (int number = 0; number < files.size(); number++) {
            if (files.get(number) instanceof SharedFile.Socket(SavedSocket socket) && !without.contains(number)) {
                sockets.add(socket);
            }
        }
        return sockets;
    }

    List<PipeContent> pipes() {
        return pipes;
    }

    List<SharedObject> objects() {
        return objects;
    }

    /** Returns what users call the files, by number. */
    public List<String> names() {
        return files.stream().map(SharedFile::name).toList();
    }

    /** Returns the numbers of those that are terminals. */
    public List<Integer> terminals() {
        return IntStream.range(0, files.size())
                .filter(number -> files.get(number) instanceof SharedFile.Terminal)
                .boxed()
                .toList();
    }
}
