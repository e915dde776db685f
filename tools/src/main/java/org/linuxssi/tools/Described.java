package org.linuxssi.tools;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32C;

/** A value for people and programs to look at: what records, lists and the like consist of, without their classes. */
public sealed interface Described {

    /**
     * Returns what a value consists of: records by the names of their components, with {@code kind} first where there are several
     * kinds of them; lists, sets and maps; optional values, which are left out when there are none; arrays of bytes as digits, or as
     * their length and CRC-32C when there are more than 64. The packages of records that are not public have to be open to this module.
     */
    static Described of(Object value) {
        return switch (value) {
            case Described described -> described;
            case Record fields -> ofRecord(fields);
            case Collection<?> all -> new Items(all.stream().map(Described::of).toList());
            case Map<?, ?> map -> {
                Map<String, Described> fields = new LinkedHashMap<>();
                map.forEach((key, item) -> fields.put(String.valueOf(key), of(item)));
                yield new Fields(fields);
            }
            case byte[] bytes -> new Leaf(ofBytes(bytes));
            case long[] words -> of(Arrays.stream(words).boxed().toList());
            case int[] words -> of(Arrays.stream(words).boxed().toList());
            case Number number -> new Leaf(number.longValue());
            case Boolean truth -> new Leaf(truth);
            default -> new Leaf(value.toString());
        };
    }

    private static Fields ofRecord(Record value) {
        Map<String, Described> fields = new LinkedHashMap<>();
        if (Arrays.stream(value.getClass().getInterfaces()).anyMatch(Class::isSealed)) {
            fields.put("kind", new Leaf(value.getClass().getSimpleName()));
        }
        for (RecordComponent component : value.getClass().getRecordComponents()) {
            Object part = part(value, component.getAccessor());
            if (part instanceof Optional<?> perhaps) {
                perhaps.ifPresent(one -> fields.put(component.getName(), of(one)));
            } else {
                fields.put(component.getName(), of(part));
            }
        }
        return new Fields(fields);
    }

    private static Object part(Record value, Method accessor) {
        try {
            accessor.setAccessible(true);
            return accessor.invoke(value);
        } catch (IllegalAccessException | InvocationTargetException problem) {
            throw new IllegalStateException(problem);
        }
    }

    private static String ofBytes(byte[] bytes) {
        if (bytes.length <= Leaf.BYTES) {
            return HexFormat.of().formatHex(bytes);
        }
        CRC32C sum = new CRC32C();
        sum.update(bytes);
        return bytes.length + " bytes, CRC-32C " + HexFormat.of().toHexDigits((int) sum.getValue());
    }

    /** Named parts, in their order. */
    record Fields(Map<String, Described> all) implements Described {}

    /** Parts by their order. */
    record Items(List<Described> all) implements Described {}

    /** A text, number or truth value. */
    record Leaf(Object value) implements Described {
        private static final int BYTES = 64;
    }

    /** Returns it as JSON (RFC 8259), indented. */
    default String json() {
        StringBuilder text = new StringBuilder();
        json(text, "");
        return text.toString();
    }

    private void json(StringBuilder text, String indent) {
        String deeper = indent + "  ";
        switch (this) {
            case Leaf(String value) -> text.append(JsonText.quoted(value));
            case Leaf(Object value) -> text.append(value);
            case Items(List<Described> all) -> {
                String separator = "[\n" + deeper;
                for (Described item : all) {
                    text.append(separator);
                    item.json(text, deeper);
                    separator = ",\n" + deeper;
                }
                text.append(all.isEmpty() ? "[]" : "\n" + indent + "]");
            }
            case Fields(Map<String, Described> all) -> {
                String separator = "{\n" + deeper;
                for (Map.Entry<String, Described> field : all.entrySet()) {
                    text.append(separator)
                            .append(JsonText.quoted(field.getKey()))
                            .append(": ");
                    field.getValue().json(text, deeper);
                    separator = ",\n" + deeper;
                }
                text.append(all.isEmpty() ? "{}" : "\n" + indent + "}");
            }
        }
    }

    /** Returns its leaves by their paths, as {@code mappings[3].path}. */
    default Map<String, String> leaves() {
        Map<String, String> leaves = new LinkedHashMap<>();
        leaves("", leaves);
        return leaves;
    }

    private void leaves(String path, Map<String, String> leaves) {
        switch (this) {
            case Leaf(Object value) -> leaves.put(path, value.toString());
            case Items(List<Described> all) -> {
                for (int i = 0; i < all.size(); i++) {
                    all.get(i).leaves(path + "[" + i + "]", leaves);
                }
            }
            case Fields(Map<String, Described> all) ->
                all.forEach((name, part) -> part.leaves(path.isEmpty() ? name : path + "." + name, leaves));
        }
    }

    /** Returns in what another differs, a line each: {@code path: one -> other}, with a dash for what is not there. */
    default List<String> differences(Described other) {
        Map<String, String> here = leaves();
        Map<String, String> there = other.leaves();
        Set<String> paths = new LinkedHashSet<>(here.keySet());
        paths.addAll(there.keySet());
        List<String> lines = new ArrayList<>();
        for (String path : paths) {
            String one = here.getOrDefault(path, "-");
            String another = there.getOrDefault(path, "-");
            if (!one.equals(another)) {
                lines.add(path + ": " + one + " -> " + another);
            }
        }
        return lines;
    }
}
