package org.linuxssi.epm;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.linuxssi.epm.Migration.Key;
import org.linuxssi.epm.spi.Imaging;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.DecodeException;
import org.linuxssi.tools.NodeId;

/**
 * What a daemon has to know of the migrations in which its predecessor died: a file for each process that was held, and
 * one that lists the migrations whose process was let go here. It dies with the container, as those processes do.
 */
public final class Journal {

    private static final Logger LOG = System.getLogger(Journal.class.getName());
    private static final String FRESH = ".new";
    private static final String RAN = "ran";
    private static final int REMEMBERED = 4096;

    /** What was to become of a process that was held. */
    enum Role {
        /** It is on its way to another node. */
        LEAVING,
        /** It came from another node and is about to run. */
        COMING
    }

    /**
     * A process that stands still until it is known where it is to run.
     *
     * @param peer the other node of the migration
     * @param held what lets it go on
     */
    record Entry(Role role, Key key, int pid, NodeId peer, byte[] held) {
        static final Codec<Entry> CODEC = Codec.of(
                (entry, out) -> out.constant(entry.role)
                        .value(entry.key, Key.CODEC)
                        .i32(entry.pid)
                        .node(entry.peer)
                        .bytes(entry.held),
                in -> new Entry(
                        in.constant(Role.values()),
                        in.value(Key.CODEC),
                        in.i32(),
                        in.node(),
                        in.bytes(Imaging.HELD_LIMIT)));

        private String file() {
            return role + "-" + key.source() + "-" + key.number() + "-" + pid;
        }
    }

    private final Path directory;
    private int lines;

    private Journal(Path directory) {
        this.directory = directory;
    }

    /** Opens the journal that a former daemon of the same container left in a directory, or an empty one. */
    public static Journal open(Path directory) {
        try {
            Files.createDirectories(directory);
            return new Journal(directory);
        } catch (IOException problem) {
            throw new UncheckedIOException("make " + directory, problem);
        }
    }

    /** Makes an empty journal; what the daemon of a former container left goes. */
    public static Journal fresh(Path directory) {
        Journal journal = open(directory);
        journal.files().forEach(journal::delete);
        return journal;
    }

    private List<Path> files() {
        try (var files = Files.list(directory)) {
            return files.toList();
        } catch (IOException problem) {
            throw new UncheckedIOException("list " + directory, problem);
        }
    }

    private void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException problem) {
            LOG.log(Level.WARNING, "{0} stays: {1}", file, problem);
        }
    }

    /** Returns what was written and not deleted. */
    List<Entry> entries() {
        return files().stream()
                .filter(file -> !file.endsWith(RAN) && !file.toString().endsWith(FRESH))
                .flatMap(file -> read(file).stream())
                .toList();
    }

    private static Optional<Entry> read(Path file) {
        try {
            return Optional.of(Entry.CODEC.fromBytes(Files.readAllBytes(file)));
        } catch (IOException | DecodeException problem) {
            LOG.log(Level.WARNING, "a process that was held is forgotten: {0}: {1}", file, problem);
            return Optional.empty();
        }
    }

    /** Writes an entry, whole or not at all. */
    void write(Entry entry) throws IOException {
        Path fresh = directory.resolve(entry.file() + FRESH);
        Files.write(fresh, Entry.CODEC.toBytes(entry));
        Files.move(fresh, directory.resolve(entry.file()), StandardCopyOption.ATOMIC_MOVE);
    }

    /** The process is no longer held. */
    void delete(Entry entry) {
        delete(directory.resolve(entry.file()));
    }

    /** Returns the migrations whose processes were let go here, in their order; the oldest are forgotten. */
    synchronized List<Key> ran() {
        Path file = directory.resolve(RAN);
        if (!Files.exists(file)) {
            return List.of();
        }
        try {
            List<Key> keys = new ArrayList<>();
            for (String line : Files.readAllLines(file)) {
                String[] words = line.split(" ");
                keys.add(new Key(NodeId.of(Integer.parseInt(words[0])), Long.parseLong(words[1])));
            }
            return keys.subList(Math.max(0, keys.size() - REMEMBERED), keys.size());
        } catch (IOException problem) {
            throw new UncheckedIOException("read " + file, problem);
        }
    }

    /** Notes that the process of a migration is let go here. */
    synchronized void ran(Key key) throws IOException {
        if (lines++ > REMEMBERED) {
            shorten();
        }
        Files.writeString(directory.resolve(RAN), line(key), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private static String line(Key key) {
        return key.source() + " " + key.number() + "\n";
    }

    private void shorten() throws IOException {
        Path fresh = directory.resolve(RAN + FRESH);
        Files.write(fresh, ran().stream().map(key -> line(key).strip()).toList(), StandardCharsets.US_ASCII);
        Files.move(fresh, directory.resolve(RAN), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        lines = 0;
    }
}
