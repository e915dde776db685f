package org.linuxssi.ghost;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.linuxssi.ghost.spi.OpenFile;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.ErrnoException;

/**
 * Pipes and sockets of one process that nobody else has an end of: pipes to itself, pairs of Unix sockets, sockets that were
 * never bound or connected. They leave with it, with what they hold, and are not relayed.
 */
final class InnerFiles implements AutoCloseable {

    private final int pid;
    private final SavedFiles saved = new SavedFiles(false);
    private Set<String> alone = Set.of();
    private boolean taken;

    InnerFiles(int pid) {
        this.pid = pid;
    }

    /**
     * Looks for them.
     *
     * @param files all that the process has
     * @param standsStill whether it does
     */
    void look(List<OpenFile> files, boolean standsStill) {
        Set<String> links = pipes(files);
        List<OpenFile> sockets = files.stream().filter(OpenFile::socket).toList();
        if (!links.isEmpty() || !sockets.isEmpty()) {
            saved.look(List.of(pid), standsStill);
        }
        sockets.stream().filter(this::takesAlone).forEach(file -> links.add(file.link()));
        if (!links.isEmpty()) {
            links.removeAll(Holders.links(pid, links));
        }
        alone = links;
    }

    /** Returns those pipes that it both reads and writes. */
    private static Set<String> pipes(List<OpenFile> files) {
        Set<String> read = ends(files, Descriptors.O_RDONLY);
        read.retainAll(ends(files, Descriptors.O_WRONLY));
        return read;
    }

    private static Set<String> ends(List<OpenFile> files, int mode) {
        return files.stream()
                .filter(file -> file.link().startsWith("pipe:") && (file.flags() & Descriptors.O_ACCMODE) == mode)
                .map(OpenFile::link)
                .collect(Collectors.toCollection(HashSet::new));
    }

    private boolean takesAlone(OpenFile file) {
        try {
            int descriptor = Descriptors.fromProcess(pid, file.fd());
            try {
                return saved.takesAlone(file, descriptor);
            } finally {
                Descriptors.close(descriptor);
            }
        } catch (ErrnoException closed) {
            return false;
        }
    }

    /** Tells whether a file is one of them. */
    boolean has(OpenFile file) {
        return alone.contains(file.link());
    }

    /**
     * Takes one while the process stands still.
     *
     * @param descriptor of ours for it, which is closed here
     * @return its number in the image
     */
    byte[] take(OpenFile file, int descriptor) {
        taken = true;
        return saved.export(file, descriptor).image();
    }

    /** Writes those that were taken, before what uses them. */
    void write(ImageWriter out) throws IOException {
        if (taken) {
            out.section(SectionType.INNER, SharedFiles.CODEC, saved.all());
        }
    }

    @Override
    public void close() {
        saved.close();
    }
}
