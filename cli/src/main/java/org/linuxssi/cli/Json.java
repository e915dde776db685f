package org.linuxssi.cli;

import java.util.List;
import java.util.Locale;

/** Writes JSON (RFC 8259). */
final class Json {

    private Json() {}

    static String array(List<String> values) {
        return values.isEmpty() ? "[]" : "[\n  " + String.join(",\n  ", values) + "\n]";
    }

    static String object(String... fields) {
        return "{" + String.join(", ", fields) + "}";
    }

    static String field(String name, long value) {
        return text(name) + ": " + value;
    }

    static String field(String name, String value) {
        return text(name) + ": " + text(value);
    }

    static String text(String value) {
        StringBuilder quoted = new StringBuilder("\"");
        value.chars().forEach(character -> {
            switch (character) {
                case '"' -> quoted.append("\\\"");
                case '\\' -> quoted.append("\\\\");
                default -> {
                    if (character < 0x20) {
                        quoted.append(String.format(Locale.ROOT, "\\u%04x", character));
                    } else {
                        quoted.append((char) character);
                    }
                }
            }
        });
        return quoted.append('"').toString();
    }
}
