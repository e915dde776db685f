package org.linuxssi.checkpoint;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Saved versions of applications: directories {@code ROOT/APPLICATION/vN}. A version is there whole or not at all: it is
 * written under another name and renamed.
 *
 * <p>Whoever could change an image could run anything as its user: the directories are root's alone.
 */
public final class Versions {

    private static final Pattern NAME = Pattern.compile("v([1-9][0-9]{0,8})");
    private static final Pattern APPLICATION = Pattern.compile("[1-9][0-9]{0,8}");
    private static final String UNFINISHED = ".unfinished-";
    private static final Set<PosixFilePermission> OPEN = PosixFilePermissions.fromString("rwxr-xr-x");
    private static final Set<PosixFilePermission> CLOSED = PosixFilePermissions.fromString("rwx------");
    private static final int SMALL = 1 << 20;

    private final Path root;

    /** Keeps versions below a directory, which need not be there yet. */
    public Versions(Path root) {
        this.root = root;
    }

    /** A version that is being written. */
    static final class Draft implements AutoCloseable {
        private final Path directory;
        private final Path place;
        private final int version;
        private boolean kept;

        private Draft(Path directory, Path place, int version) {
            this.directory = directory;
            this.place = place;
            this.version = version;
        }

        int version() {
            return version;
        }

        /** Returns the path of a file to write. */
        Path file(String name) {
            return directory.resolve(name);
        }

        /** Makes it a version, when all of it is on the disk. */
        void keep() throws IOException {
            try (Stream<Path> files = Files.list(directory)) {
                for (Path file : files.toList()) {
                    force(file);
                }
            }
            force(directory);
            try {
                Files.move(directory, place, StandardCopyOption.ATOMIC_MOVE);
            } catch (FileAlreadyExistsException | DirectoryNotEmptyException taken) {
                throw new IOException(place + " was made meanwhile", taken);
            }
            kept = true;
            force(place.resolveSibling("."));
        }

        /** Removes it unless it was kept. */
        @Override
        public void close() throws IOException {
            if (!kept) {
                delete(directory);
            }
        }
    }

    private static void force(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Begins the next version of an application; what a daemon that died left unfinished goes. */
    Draft begin(int application) throws IOException {
        directory(root, OPEN);
        Path home = root.resolve(Integer.toString(application));
        directory(home, OPEN);
        try (Stream<Path> left = Files.list(home)) {
            for (Path path : left.toList()) {
                if (String.valueOf(path.getFileName()).startsWith(UNFINISHED)) {
                    delete(path);
                }
            }
        }
        int version =
                numbers(application).stream().mapToInt(Integer::intValue).max().orElse(0) + 1;
        Path draft = Files.createTempDirectory(home, UNFINISHED, PosixFilePermissions.asFileAttribute(CLOSED));
        return new Draft(draft, home.resolve("v" + version), version);
    }

    private static void directory(Path path, Set<PosixFilePermission> rights) throws IOException {
        if (!Files.exists(path)) {
            Files.createDirectories(path);
            Files.setPosixFilePermissions(path, rights);
        }
        requireOurs(path);
    }

    /** Others than root could have put an image there that gives them root's rights. */
    private static void requireOurs(Path path) throws IOException {
        Set<PosixFilePermission> rights = Files.getPosixFilePermissions(path);
        boolean open =
                rights.contains(PosixFilePermission.GROUP_WRITE) || rights.contains(PosixFilePermission.OTHERS_WRITE);
        if (open || !Integer.valueOf(0).equals(Files.getAttribute(path, "unix:uid"))) {
            throw new IOException("others than root may write to " + path + ": chown root and chmod go-w it first");
        }
    }

    /** Returns the numbers of the applications that have versions, ascending. */
    public List<Integer> applications() throws IOException {
        return entries(root, APPLICATION, 0);
    }

    /** Returns the numbers of an application's versions, ascending. */
    public List<Integer> numbers(int application) throws IOException {
        return entries(root.resolve(Integer.toString(application)), NAME, 1);
    }

    private static List<Integer> entries(Path directory, Pattern pattern, int group) throws IOException {
        List<Integer> numbers = new ArrayList<>();
        try (Stream<Path> entries = Files.list(directory)) {
            entries.forEach(entry -> {
                Matcher name = pattern.matcher(String.valueOf(entry.getFileName()));
                if (name.matches()) {
                    numbers.add(Integer.parseInt(name.group(group)));
                }
            });
        } catch (NoSuchFileException none) {
            return List.of();
        }
        numbers.sort(Comparator.naturalOrder());
        return List.copyOf(numbers);
    }

    /** Returns the directory of a version. */
    Path place(int application, int version) {
        return root.resolve(Integer.toString(application)).resolve("v" + version);
    }

    /**
     * Returns what is known of a version.
     *
     * @throws IOException when there is none, or it is damaged
     */
    public Manifest manifest(int application, int version) throws IOException {
        Path place = place(application, version);
        if (!Files.isDirectory(place)) {
            throw new NoSuchFileException(place + " is not there; see krg ckpt list");
        }
        requireOurs(root);
        requireOurs(root.resolve(Integer.toString(application)));
        requireOurs(place);
        Manifest manifest = CheckedFile.read(place.resolve("global.bin"), Manifest.CODEC, SMALL);
        if (manifest.application() != application || manifest.version() != version) {
            throw new IOException(place + " is damaged: it says to be version " + manifest.version()
                    + " of application " + manifest.application());
        }
        return manifest;
    }

    /** Removes a version, and the application's directory with its last one. */
    public void remove(int application, int version) throws IOException {
        Path place = place(application, version);
        Path going = place.resolveSibling(UNFINISHED + "v" + version);
        Files.move(place, going, StandardCopyOption.ATOMIC_MOVE);
        delete(going);
        try {
            Files.delete(root.resolve(Integer.toString(application)));
        } catch (DirectoryNotEmptyException _) {
            // it has other versions
        }
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
