package org.linuxssi.procfs;

import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.linuxssi.tools.Registration;

/** Files that other modules add to {@code /proc}, by paths such as {@code kerrighed/kddm/sets}. */
public final class ProcExtensions {

    private static final String TOP = "kerrighed";

    private final ConcurrentNavigableMap<String, SyntheticFile> files = new ConcurrentSkipListMap<>();

    /**
     * Adds a file; its directories appear with it.
     *
     * @param path below {@code /proc/kerrighed}, without a slash at the start
     * @throws IllegalArgumentException when the path is not of plain names, or is taken
     */
    public Registration add(String path, SyntheticFile file) {
        if (!path.matches("[a-zA-Z0-9_-][a-zA-Z0-9_.-]*(/[a-zA-Z0-9_-][a-zA-Z0-9_.-]*)*")) {
            throw new IllegalArgumentException("'" + path + "' is not a path for /proc/" + TOP);
        }
        String whole = TOP + "/" + path;
        if (files.putIfAbsent(whole, file) != null) {
            throw new IllegalArgumentException("/proc/" + whole + " is there already");
        }
        return () -> files.remove(whole, file);
    }

    Optional<SyntheticFile> file(String path) {
        return Optional.ofNullable(files.get(path));
    }

    boolean isDirectory(String path) {
        return path.equals(TOP) || !files.subMap(path + "/", path + "0").isEmpty();
    }

    /** Returns the names in a directory. */
    Set<String> names(String directory) {
        Set<String> names = new LinkedHashSet<>();
        String prefix = directory + "/";
        for (String path : files.subMap(prefix, directory + "0").keySet()) {
            String rest = path.substring(prefix.length());
            int slash = rest.indexOf('/');
            names.add(slash < 0 ? rest : rest.substring(0, slash));
        }
        return names;
    }

    /** Finds the path that a node was made of. */
    Optional<String> path(ProcNode node) {
        if (ProcNode.named(ProcNode.Kind.EXTENSION, TOP).equals(node)) {
            return Optional.of(TOP);
        }
        for (String path : files.keySet()) {
            for (int end = path.length(); end > 0; end = path.lastIndexOf('/', end - 1)) {
                String part = path.substring(0, end);
                if (ProcNode.named(ProcNode.Kind.EXTENSION, part).equals(node)) {
                    return Optional.of(part);
                }
            }
        }
        return Optional.empty();
    }
}
