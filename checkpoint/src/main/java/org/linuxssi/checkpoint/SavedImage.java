package org.linuxssi.checkpoint;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.linuxssi.ghost.ImageSections;
import org.linuxssi.ghost.SharedFiles;
import org.linuxssi.tools.Described;

/**
 * A file of a saved version, for people to look at: nothing is started. Reading checks all of it.
 *
 * @param name of the file
 * @param content what it says
 * @param memory checksums of the bytes of memory in it, by the addresses of their pages
 */
public record SavedImage(String name, Described content, SortedMap<Long, Integer> memory) {

    private static final int MOST = 1 << 28;
    private static final int PAGE = 4096;

    /** Gets bytes of memory. */
    @FunctionalInterface
    public interface Bytes {
        /** Gets some from an address on; the segment is valid until this returns. */
        void at(long address, MemorySegment bytes) throws IOException;
    }

    /**
     * Reads a file, or all files of the directory of a version, by their names.
     *
     * @throws IOException when one is damaged, with the file and the place in it, or of no kind that is known
     */
    public static List<SavedImage> read(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            return List.of(readFile(path));
        }
        List<SavedImage> all = new ArrayList<>();
        try (Stream<Path> files = Files.list(path)) {
            for (Path file : files.sorted().toList()) {
                if (name(file).endsWith(".bin")) {
                    all.add(readFile(file));
                }
            }
        }
        if (all.isEmpty()) {
            throw new IOException(path + " is no saved version: it has no files *.bin");
        }
        return all;
    }

    private static String name(Path file) {
        return String.valueOf(file.getFileName());
    }

    private static SavedImage readFile(Path file) throws IOException {
        String name = name(file);
        if (name.matches("global\\.bin")) {
            return described(file, CheckedFile.read(file, Manifest.CODEC, MOST));
        }
        if (name.matches("node_.*\\.bin")) {
            return described(file, CheckedFile.read(file, Task.Part.CODEC, MOST));
        }
        if (name.matches("shared_obj_.*\\.bin")) {
            return described(
                    file, CheckedFile.read(file, SharedFiles.CODEC, MOST).described());
        }
        return sections(file);
    }

    private static SavedImage described(Path file, Object content) {
        return new SavedImage(name(file), Described.of(content), new TreeMap<>());
    }

    private static SavedImage sections(Path file) throws IOException {
        Map<String, Described> sections = new LinkedHashMap<>();
        TreeMap<Long, Integer> memory = new TreeMap<>();
        read(file, new ImageSections.Reader() {
            @Override
            public void section(String type, Described content) {
                int number = 1;
                while (sections.putIfAbsent(number == 1 ? type : type + "-" + number, content) != null) {
                    number++;
                }
            }

            @Override
            public void pages(long address, MemorySegment bytes) {
                for (long at = 0; at < bytes.byteSize(); at += PAGE) {
                    MemorySegment page = bytes.asSlice(at, Math.min(PAGE, bytes.byteSize() - at));
                    memory.put(address + at, CheckedFile.sum(page.asByteBuffer()));
                }
            }
        });
        return new SavedImage(name(file), new Described.Fields(sections), memory);
    }

    /** Passes on the bytes of memory that are in a file; later ones come in the place of earlier ones. */
    public static void extract(Path file, Bytes bytes) throws IOException {
        read(file, new ImageSections.Reader() {
            @Override
            public void section(String type, Described content) {
                // only bytes are wanted
            }

            @Override
            public void pages(long address, MemorySegment pages) throws IOException {
                bytes.at(address, pages);
            }
        });
    }

    private static void read(Path file, ImageSections.Reader reader) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            ImageSections.read(channel, reader);
            if (channel.position() != channel.size()) {
                throw new IOException("at byte " + channel.position() + ": more follows after its end");
            }
        } catch (NoSuchFileException absent) {
            throw absent;
        } catch (IOException problem) {
            throw new IOException(file + " is damaged or no image, " + problem.getMessage(), problem);
        }
    }
}
