package org.linuxssi.daemon;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.linuxssi.rpc.ClusterCa;
import org.linuxssi.rpc.JoinToken;

/**
 * Prepares machines for a cluster: {@code krgd init}, {@code krgd join-token} and {@code krgd join}, which {@code krg}
 * has under the same names.
 */
final class DaemonSetup {

    /** The words that select this instead of a daemon. */
    static final Set<String> NAMES = Set.of("init", "join-token", "join");

    private static final String USAGE = """
            usage: krg init [--dir DIR] [--cluster NAME] [--session N] [--listen ADDRESS] [--seed ADDRESS]...
                   krg join-token [--dir DIR] [--seed ADDRESS]... [--hours N]
                   krg join [--dir DIR] [--listen ADDRESS] TOKEN
            DIR is /etc/linuxssi; it holds krgd.toml, keys/ and, where the cluster was made, ca/.
            ADDRESS is host or host:port; --seed says under which addresses other nodes reach the cluster.
            A token is valid for 24 hours and holds a private key: give it to nobody but the new node.""";
    private static final Set<String> OPTIONS =
            Set.of("--dir", "--cluster", "--session", "--listen", "--seed", "--hours");
    private static final Path DIRECTORY = Path.of("/etc/linuxssi");
    private static final int HOURS = 24;
    private static final int USAGE_STATUS = 2;

    private final PrintStream out;
    private final PrintStream err;
    private final InstantSource clock;

    DaemonSetup(PrintStream out, PrintStream err, InstantSource clock) {
        this.out = out;
        this.err = err;
        this.clock = clock;
    }

    private static final class WrongUsage extends RuntimeException {
        private static final long serialVersionUID = 1L;

        WrongUsage(String problem) {
            super(problem, null, false, false);
        }
    }

    /**
     * Prepares.
     *
     * @param arguments one of the {@link #NAMES}, then its own arguments
     * @return exit status: 0, 1 when it failed, 2 for wrong usage
     */
    int run(List<String> arguments) {
        String name = arguments.getFirst();
        try {
            Words words = new Words(arguments.subList(1, arguments.size()));
            if (words.help) {
                out.println(USAGE);
                return 0;
            }
            switch (name) {
                case "init" -> init(words);
                case "join-token" -> token(words);
                default -> join(words);
            }
            return 0;
        } catch (WrongUsage problem) {
            err.println("krg " + name + ": " + problem.getMessage() + "; see krg " + name + " --help");
            return USAGE_STATUS;
        } catch (IOException | UncheckedIOException | IllegalArgumentException | DaemonConfigException problem) {
            err.println("krg " + name + ": " + Problems.describe(problem));
            return 1;
        }
    }

    private void init(Words words) throws IOException {
        words.expect(0);
        String text = configuration(words, words.cluster, words.session, words.seeds);
        DaemonConfig config = DaemonConfig.parse("krg init", text);
        refuseOverwriting(words.directory);
        ClusterCa authority = ClusterCa.create(config.cluster(), clock.instant());
        authority.save(words.directory.resolve("ca"));
        authority.issue("first", clock.instant()).save(config.keys());
        write(words.directory, text);
        out.println("cluster " + config.cluster() + ", session " + config.session() + ": wrote " + words.file()
                + ", keys/ and ca/; start krgd, and let other nodes in by krg join-token");
    }

    private void token(Words words) throws IOException {
        words.expect(0);
        DaemonConfig config = DaemonConfig.read(words.file());
        ClusterCa authority = ClusterCa.load(words.directory.resolve("ca"));
        List<String> seeds = seeds(words, config);
        JoinToken token = new JoinToken(
                config.cluster(),
                config.session(),
                seeds,
                clock.instant().plus(Duration.ofHours(words.hours)),
                authority.issue("node-" + clock.instant().toEpochMilli(), clock.instant()));
        out.println(token.text());
    }

    private static List<String> seeds(Words words, DaemonConfig config) {
        if (!words.seeds.isEmpty()) {
            return DaemonConfig.parse("krg join-token", seedsLine(words.seeds)).seeds();
        }
        List<String> seeds = new ArrayList<>(config.seeds());
        config.advertise().ifPresent(seeds::add);
        String host = config.listen().getHostString();
        if (config.advertise().isEmpty() && !Set.of("0.0.0.0", "::").contains(host)) {
            seeds.add(host + ":" + config.listen().getPort());
        }
        if (seeds.isEmpty()) {
            throw new WrongUsage("this node listens on all its addresses: say by --seed which one others reach");
        }
        return seeds.stream().distinct().toList();
    }

    private void join(Words words) throws IOException {
        words.expect(1);
        JoinToken token = JoinToken.parse(words.rest.getFirst(), clock.instant());
        String text = configuration(words, token.cluster(), Integer.toString(token.session()), token.seeds());
        DaemonConfig config = DaemonConfig.parse("krg join", text);
        refuseOverwriting(words.directory);
        token.keys().save(config.keys());
        write(words.directory, text);
        out.println("joined cluster " + config.cluster() + ": wrote " + words.file() + " and keys/; start krgd");
    }

    private static String seedsLine(List<String> seeds) {
        return "[cluster]\nseeds = ["
                + String.join(", ", seeds.stream().map(DaemonSetup::quoted).toList()) + "]\n";
    }

    private static String configuration(Words words, String cluster, String session, List<String> seeds) {
        return seedsLine(seeds)
                + "name = " + quoted(cluster) + "\n"
                + "session = " + session + "\n"
                + "\n[network]\nlisten = " + quoted(words.listen) + "\n"
                + "\n[security]\nkeys = "
                + quoted(words.directory.resolve("keys").toString()) + "\n";
    }

    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replaceAll("\\p{Cntrl}", "?") + '"';
    }

    private static void refuseOverwriting(Path directory) {
        for (String name : List.of("krgd.toml", "keys", "ca")) {
            if (Files.exists(directory.resolve(name))) {
                throw new IllegalArgumentException(directory.resolve(name)
                        + " is there already (EEXIST): this machine belongs to a cluster; remove it, or use --dir");
            }
        }
    }

    private static void write(Path directory, String text) throws IOException {
        Files.createDirectories(directory);
        Files.writeString(directory.resolve("krgd.toml"), text, StandardOpenOption.CREATE_NEW);
    }

    /** The arguments after the name. */
    private static final class Words {

        private Path directory = DIRECTORY;
        private String cluster = "linuxssi";
        private String session = "1";
        private String listen = "0.0.0.0";
        private int hours = HOURS;
        private boolean help;
        private final List<String> seeds = new ArrayList<>();
        private final List<String> rest = new ArrayList<>();

        Words(List<String> arguments) {
            for (int at = 0; at < arguments.size(); at++) {
                String word = arguments.get(at);
                if (word.equals("-h") || word.equals("--help")) {
                    help = true;
                } else if (word.startsWith("--")) {
                    option(word, at + 1 == arguments.size() ? null : arguments.get(at + 1));
                    at++;
                } else {
                    rest.add(word);
                }
            }
        }

        private void option(String name, @Nullable String given) {
            if (given == null && OPTIONS.contains(name)) {
                throw new WrongUsage(name + " needs a value");
            }
            set(name, given == null ? "" : given);
        }

        private void set(String name, String value) {
            switch (name) {
                case "--dir" -> directory = Path.of(value).toAbsolutePath();
                case "--cluster" -> cluster = value;
                case "--session" -> session = value.matches("[0-9]{1,9}") ? value : quoted(value);
                case "--listen" -> listen = value;
                case "--seed" -> seeds.add(value);
                case "--hours" -> hours = hours(value);
                default -> throw new WrongUsage("there is no option " + name);
            }
        }

        private static int hours(String value) {
            if (!value.matches("[0-9]{1,5}") || Integer.parseInt(value) == 0) {
                throw new WrongUsage("--hours " + value + " is not a whole number, 1 to 99999");
            }
            return Integer.parseInt(value);
        }

        Path file() {
            return directory.resolve("krgd.toml");
        }

        void expect(int count) {
            if (rest.size() != count) {
                throw new WrongUsage(rest.size() + " words without option, expected " + count);
            }
        }
    }
}
