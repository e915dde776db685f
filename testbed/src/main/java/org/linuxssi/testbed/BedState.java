package org.linuxssi.testbed;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.linuxssi.linux.ProcessIdentity;

/**
 * What a test bed consists of, kept in a file so that each command can be a process of its own.
 *
 * @param nodes how many nodes it has, numbered from 0
 * @param complete whether it came up; false marks the rest of a run that did not
 * @param daemons the running daemons by node; a node that lost its power has none
 * @param cuts pairs that lose all frames
 * @param delays pairs whose frames come late, with the delay in milliseconds a direction
 * @param relay the process that delays frames
 */
public record BedState(
        int nodes,
        boolean complete,
        Map<Integer, ProcessIdentity> daemons,
        Set<NodePair> cuts,
        Map<NodePair, Integer> delays,
        Optional<ProcessIdentity> relay) {

    /** Keeps sorted copies. */
    public BedState {
        daemons = new TreeMap<>(daemons);
        cuts = new TreeSet<>(cuts);
        delays = new TreeMap<>(delays);
    }

    /** Returns the state before the first node runs. */
    static BedState starting(int nodes) {
        return new BedState(nodes, false, Map.of(), Set.of(), Map.of(), Optional.empty());
    }

    /** Returns the state of a test bed that came up. */
    BedState completed() {
        return new BedState(nodes, true, daemons, cuts, delays, relay);
    }

    /** Returns the state with a node's daemon. */
    BedState with(int node, ProcessIdentity daemon) {
        Map<Integer, ProcessIdentity> more = new TreeMap<>(daemons);
        more.put(node, daemon);
        return new BedState(nodes, complete, more, cuts, delays, relay);
    }

    /** Returns the state without a node's daemon. */
    BedState without(int node) {
        Map<Integer, ProcessIdentity> fewer = new TreeMap<>(daemons);
        fewer.remove(node);
        return new BedState(nodes, complete, fewer, cuts, delays, relay);
    }

    /** Returns the state with other faults of the network. */
    BedState with(Set<NodePair> newCuts, Map<NodePair, Integer> newDelays) {
        return new BedState(nodes, complete, daemons, newCuts, newDelays, relay);
    }

    /** Returns the state with another delaying process, or none. */
    BedState withRelay(Optional<ProcessIdentity> newRelay) {
        return new BedState(nodes, complete, daemons, cuts, delays, newRelay);
    }

    /** Writes the state to a file, as a whole or not at all. */
    void save(Path file) {
        Properties properties = new Properties();
        properties.setProperty("nodes", Integer.toString(nodes));
        properties.setProperty("complete", Boolean.toString(complete));
        daemons.forEach((node, daemon) -> properties.setProperty("daemon." + node, format(daemon)));
        cuts.forEach(pair -> properties.setProperty("cut." + pair, ""));
        delays.forEach((pair, delay) -> properties.setProperty("delay." + pair, Integer.toString(delay)));
        relay.ifPresent(process -> properties.setProperty("relay", format(process)));
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        try {
            try (Writer writer = Files.newBufferedWriter(fresh)) {
                properties.store(writer, "LinuxSSI test bed");
            }
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException problem) {
            throw new UncheckedIOException("write " + file, problem);
        }
    }

    /** Reads the state, nothing when there is no file. */
    static Optional<BedState> load(Path file) {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        } catch (IOException problem) {
            throw new UncheckedIOException("read " + file, problem);
        }
        return Optional.of(parse(properties));
    }

    private static BedState parse(Properties properties) {
        Map<Integer, ProcessIdentity> daemons = new TreeMap<>();
        Set<NodePair> cuts = new TreeSet<>();
        Map<NodePair, Integer> delays = new TreeMap<>();
        for (String key : properties.stringPropertyNames()) {
            String value = properties.getProperty(key);
            String rest = key.substring(key.indexOf('.') + 1);
            if (key.startsWith("daemon.")) {
                daemons.put(Integer.valueOf(rest), process(value));
            } else if (key.startsWith("cut.")) {
                cuts.add(NodePair.parse(rest));
            } else if (key.startsWith("delay.")) {
                delays.put(NodePair.parse(rest), Integer.valueOf(value));
            }
        }
        return new BedState(
                Integer.parseInt(properties.getProperty("nodes", "0")),
                Boolean.parseBoolean(properties.getProperty("complete")),
                daemons,
                cuts,
                delays,
                Optional.ofNullable(properties.getProperty("relay")).map(BedState::process));
    }

    private static String format(ProcessIdentity process) {
        return process.pid() + "@" + process.start();
    }

    private static ProcessIdentity process(String text) {
        int at = text.indexOf('@');
        return new ProcessIdentity(Integer.parseInt(text, 0, at, 10), Long.parseLong(text, at + 1, text.length(), 10));
    }
}
