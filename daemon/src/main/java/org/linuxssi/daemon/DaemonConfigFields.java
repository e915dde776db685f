package org.linuxssi.daemon;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.tomlj.Toml;
import org.tomlj.TomlArray;
import org.tomlj.TomlParseResult;
import org.tomlj.TomlPosition;
import org.tomlj.TomlTable;

/**
 * The fields of a TOML file, {@code table.key}. Each is asked for once; what is wrong is collected, with file and line,
 * and the default returned; {@link #end} throws it all.
 */
final class DaemonConfigFields {

    private static final int SHOWN = 100;
    private static final Pattern HEADER = Pattern.compile("\\s*\\[\\s*([A-Za-z0-9_.-]+)\\s*\\].*");
    private static final Pattern ASSIGNMENT = Pattern.compile("\\s*([A-Za-z0-9_.-]+)\\s*=.*");

    private final String file;
    private final TomlParseResult toml;
    private final Set<String> known = new TreeSet<>();
    private final List<Problem> problems = new ArrayList<>();

    private record Problem(int line, String text) {}

    private DaemonConfigFields(String file, TomlParseResult toml) {
        this.file = file;
        this.toml = toml;
    }

    /**
     * Parses the text.
     *
     * @throws DaemonConfigException when it is no TOML
     */
    static DaemonConfigFields parse(String file, String text) {
        TomlParseResult toml = Toml.parse(text);
        if (toml.hasErrors()) {
            throw new DaemonConfigException(toml.errors().stream()
                    .map(error -> file + ":" + error.position().line() + ": "
                            + fieldAt(text, error.position().line()) + "syntax: "
                            + printable(String.valueOf(error.getMessage()))
                            + "; allowed is TOML as the manual's page on configuration shows it")
                    .toList());
        }
        return new DaemonConfigFields(file, toml);
    }

    /** Returns the field that is set in a line of a text that is no TOML, as far as one can tell, and a colon. */
    private static String fieldAt(String text, int line) {
        String table = "";
        String field = "";
        for (String one : text.lines().limit(line).toList()) {
            Matcher header = HEADER.matcher(one);
            Matcher assignment = ASSIGNMENT.matcher(one);
            table = header.matches() ? header.group(1) + "." : table;
            field = assignment.matches() ? table + assignment.group(1) + ": " : "";
        }
        return field;
    }

    /** Returns a text that satisfies the check. */
    String text(String field, String otherwise, String allowed, Predicate<String> check) {
        Object value = value(field);
        if (value == null) {
            return otherwise;
        }
        if (value instanceof String text && check.test(text)) {
            return text;
        }
        problem(field, show(value) + " is not allowed", allowed);
        return otherwise;
    }

    /** Returns a list of texts that each satisfy the check, empty when nothing is said. */
    List<String> texts(String field, int limit, String allowed, Predicate<String> check) {
        Object value = value(field);
        if (value == null) {
            return List.of();
        }
        if (!(value instanceof TomlArray array) || array.size() > limit) {
            problem(field, show(value) + " is not allowed", "a list of texts, each " + allowed);
            return List.of();
        }
        List<String> texts = new ArrayList<>();
        for (Object element : array.toList()) {
            if (element instanceof String text && check.test(text)) {
                texts.add(text);
            } else {
                problem(field, show(element) + " is not allowed", "a list of texts, each " + allowed);
            }
        }
        return texts;
    }

    /** Returns a whole number in the range. */
    int number(String field, int otherwise, int least, int most) {
        Object value = value(field);
        if (value == null) {
            return otherwise;
        }
        if (value instanceof Long number && number >= least && number <= most) {
            return number.intValue();
        }
        problem(field, show(value) + " is not allowed", "a whole number, " + least + " to " + most);
        return otherwise;
    }

    /** Returns a whole number in the range, or empty for the word, which is also the default. */
    Optional<Integer> numberOr(String field, String word, int least, int most) {
        Object value = value(field);
        if (value == null || value.equals(word)) {
            return Optional.empty();
        }
        if (value instanceof Long number && number >= least && number <= most) {
            return Optional.of(number.intValue());
        }
        problem(field, show(value) + " is not allowed", "\"" + word + "\" or a whole number, " + least + " to " + most);
        return Optional.empty();
    }

    /** Returns true or false. */
    boolean truth(String field, boolean otherwise) {
        Object value = value(field);
        if (value == null) {
            return otherwise;
        }
        if (value instanceof Boolean truth) {
            return truth;
        }
        problem(field, show(value) + " is not allowed", "true or false");
        return otherwise;
    }

    /** Adds a problem. */
    void problem(String field, String what, String allowed) {
        List<String> path = List.of(field.split("\\."));
        String set = position(path) == null ? " (not set)" : "";
        problems.add(new Problem(line(path), field + set + ": " + what + "; allowed is " + allowed));
    }

    /**
     * Ends the reading.
     *
     * @throws DaemonConfigException when there are problems, or fields that nobody asked for
     */
    void end() {
        for (List<String> path : toml.keyPathSet(true)) {
            String field = String.join(".", path);
            boolean table = known.stream().anyMatch(name -> name.startsWith(field + "."));
            if (!known.contains(field) && !table && path.size() <= unknownDepth(path)) {
                problems.add(new Problem(
                        line(path),
                        printable(field) + ": there is no such field; allowed is " + String.join(", ", known)));
            }
        }
        fail();
    }

    /**
     * Ends the search for problems.
     *
     * @throws DaemonConfigException when there are any
     */
    void fail() {
        if (!problems.isEmpty()) {
            throw new DaemonConfigException(problems.stream()
                    .sorted(Comparator.comparingInt(Problem::line))
                    .map(problem -> file + ":" + problem.line() + ": " + problem.text())
                    .toList());
        }
    }

    /** Of an unknown table only the table itself is told, not each of its fields. */
    private int unknownDepth(List<String> path) {
        Set<String> tables = new HashSet<>();
        known.forEach(name -> tables.add(name.substring(0, name.indexOf('.'))));
        return tables.contains(path.getFirst()) ? 2 : 1;
    }

    private @Nullable Object value(String field) {
        known.add(field);
        String[] path = field.split("\\.");
        Object table = toml.get(List.of(path[0]));
        if (table != null && !(table instanceof TomlTable)) {
            if (known.stream().filter(name -> name.startsWith(path[0] + ".")).count() == 1) {
                problems.add(new Problem(
                        line(List.of(path[0])), path[0] + ": " + show(table) + " is not allowed; allowed is a table"));
            }
            return null;
        }
        return toml.get(List.of(path));
    }

    private int line(List<String> path) {
        TomlPosition position = null;
        for (int length = path.size(); length > 0 && position == null; length--) {
            position = position(path.subList(0, length));
        }
        return position == null ? 1 : position.line();
    }

    private @Nullable TomlPosition position(List<String> path) {
        try {
            return toml.inputPositionOf(path);
        } catch (RuntimeException notThere) {
            return null;
        }
    }

    private static String show(Object value) {
        return switch (value) {
            case String text -> "\"" + printable(text) + "\"";
            case TomlArray array -> "a list of " + array.size();
            case TomlTable _ -> "a table";
            default -> value.toString();
        };
    }

    private static String printable(String text) {
        String line = text.replaceAll("\\p{Cntrl}|\\R", "?");
        return line.length() <= SHOWN ? line : line.substring(0, SHOWN) + "...";
    }
}
