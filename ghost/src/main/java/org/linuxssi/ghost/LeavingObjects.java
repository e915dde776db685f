package org.linuxssi.ghost;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.linuxssi.ghost.spi.OpenFile;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.ProcFilesMaps.Mapping;

/** Memory and files that one frozen process has alone and no directory has: they leave with it. */
final class LeavingObjects implements AutoCloseable {

    private final int pid;
    private final Map<String, Source> sources = new LinkedHashMap<>();
    private final List<SharedObject> untold = new ArrayList<>();

    private record Source(SharedObject object, int descriptor) {}

    LeavingObjects(int pid) {
        this.pid = pid;
    }

    /** Tells whether a mapping is of one. */
    static boolean is(int pid, Mapping mapping) {
        return MappingImage.isObject(mapping) || Segments.destroyed(pid, mapping);
    }

    /** Adds those that it has mapped. */
    void addMapped(List<Mapping> mappings) {
        for (Mapping mapping : mappings) {
            if (is(pid, mapping) && !sources.containsKey(MappingImage.key(mapping))) {
                add(MappingImage.key(mapping), mapping.path(), MappingImage.link(pid, mapping));
            }
        }
    }

    /** Adds a deleted file that it has open; returns its key. */
    String add(OpenFile file) {
        String key = SharedObject.key(pid, file.fd())
                .orElseThrow(() -> new ErrnoException("look at fd " + file.fd() + " of " + pid, Errno.EBADF));
        if (!sources.containsKey(key)) {
            add(key, file.link(), "/proc/" + pid + "/fd/" + file.fd());
        }
        return key;
    }

    private void add(String key, String path, String link) {
        int descriptor = Descriptors.open(link, Descriptors.O_RDONLY);
        SharedObject object = SharedObject.of(key, path, descriptor);
        sources.put(key, new Source(object, descriptor));
        untold.add(object);
    }

    /** Writes what there is to be made of those that were added since the last time; what uses them comes after it. */
    void announce(ImageWriter out) throws IOException {
        for (SharedObject object : untold) {
            out.section(SectionType.OBJECT, SharedObject.CODEC, object);
        }
        untold.clear();
    }

    /**
     * Makes sure that the process has them alone, still.
     *
     * @throws ErrnoException EAGAIN
     */
    void requireAlone() {
        Map<String, Integer> others = Holders.others(pid, sources.keySet());
        sources.forEach((key, source) -> {
            Integer other = others.get(key);
            if (other != null) {
                throw new ErrnoException(
                        "move " + source.object().describe() + ", which process " + Surroundings.inside(other)
                                + " has, too",
                        Errno.EAGAIN);
            }
        });
    }

    /** Writes the content; returns the bytes. */
    long writeContents(ImageWriter out) throws IOException {
        long bytes = 0;
        for (Source source : sources.values()) {
            String key = source.object().key();
            bytes += source.object().read(source.descriptor(), (offset, part) -> {
                byte[] copy = part.toArray(ValueLayout.JAVA_BYTE);
                out.section(SectionType.CONTENT, ObjectPart.CODEC, new ObjectPart(key, offset, copy));
            });
        }
        return bytes;
    }

    @Override
    public void close() {
        sources.values().forEach(source -> Descriptors.close(source.descriptor()));
        sources.clear();
        untold.clear();
    }
}
