package org.linuxssi.cli;

import java.util.List;
import org.linuxssi.tools.JsonText;

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
        return JsonText.quoted(name) + ": " + value;
    }

    static String field(String name, String value) {
        return JsonText.quoted(name) + ": " + JsonText.quoted(value);
    }
}
