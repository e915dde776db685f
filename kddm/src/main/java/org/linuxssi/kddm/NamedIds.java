package org.linuxssi.kddm;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.linuxssi.kddm.KddmException.Kind;
import org.linuxssi.kddm.spi.SetId;
import org.linuxssi.tools.Codec;

/**
 * Numbers by name, the same on all nodes: who asks first for a name reserves a number, the others get the same, and it is
 * free again when the last of them has put it (D2.2.9 §3.6).
 */
public final class NamedIds {

    /** The most characters of a name. */
    public static final int MAX_NAME = 16;

    /** What a number is for. */
    public enum Type {
        /** A kind of I/O linker. */
        IO_LINKER(0),
        /** A service of rpc. */
        KRG_RPC(1);

        private final int number;

        Type(int number) {
            this.number = number;
        }
    }

    /** A reserved name; the value of an object is all that share a hash. */
    record Entry(Type type, String name, int id, long users) {
        static final Codec<Entry> CODEC = Codec.of(
                (it, out) -> out.constant(it.type).text(it.name).i32(it.id).i64(it.users),
                in -> new Entry(in.constant(Type.values()), in.text(4 * MAX_NAME), in.i32(), in.i64()));
    }

    private static final int MOST = 1000;
    private static final Codec<List<Entry>> BUCKET =
            Codec.of((it, out) -> out.list(it, Entry.CODEC), in -> in.list(MOST, Entry.CODEC));
    private static final Codec<String> NAME = Codec.of((it, out) -> out.text(it), in -> in.text(4 * MAX_NAME));

    static final SetSpec<List<Entry>> NAMES = SetSpec.of(SetId.of(SetId.KDDM, 2), "kddm-name", BUCKET, _ -> List.of())
            .copies(3);
    static final SetSpec<String> NUMBERS =
            SetSpec.of(SetId.of(SetId.KDDM, 3), "kddm-number", NAME, _ -> "").copies(3);

    private final KddmSet<List<Entry>> names;
    private final KddmSet<String> numbers;

    NamedIds(KddmSet<List<Entry>> names, KddmSet<String> numbers) {
        this.names = names;
        this.numbers = numbers;
    }

    /** Returns the number of the linker with this name, reserving one for the first user. */
    public int getIoLinkerId(String name) {
        return get(Type.IO_LINKER, name);
    }

    /** Ends one use of the number. */
    public void putIoLinkerId(int id) {
        put(Type.IO_LINKER, id);
    }

    /** Returns the number of the rpc service with this name, reserving one for the first user. */
    public int getKrgRpcId(String name) {
        return get(Type.KRG_RPC, name);
    }

    /** Ends one use of the number. */
    public void putKrgRpcId(int id) {
        put(Type.KRG_RPC, id);
    }

    private int get(Type type, String name) {
        if (name.isEmpty() || name.length() > MAX_NAME) {
            throw new IllegalArgumentException("name '" + name + "' does not have 1 to 16 characters");
        }
        try (Hold<List<Entry>> bucket = names.grab(hash(type, name))) {
            Optional<Entry> known = find(bucket.value(), type, name);
            Entry used = known.map(it -> new Entry(type, name, it.id(), it.users() + 1))
                    .orElseGet(() -> new Entry(type, name, reserve(type, name), 1));
            bucket.set(with(bucket.value(), used));
            return used.id();
        }
    }

    private void put(Type type, int id) {
        String name = numbers.readNoFirstTouch(number(type, id)).orElse("");
        try (Hold<List<Entry>> bucket = names.grab(hash(type, name))) {
            Entry known = find(bucket.value(), type, name)
                    .filter(it -> it.id() == id)
                    .orElseThrow(() -> new KddmException(Kind.LINKER, type + " id " + id + " is not reserved"));
            bucket.set(with(bucket.value(), new Entry(type, name, id, known.users() - 1)));
            if (known.users() == 1) {
                numbers.removeObject(number(type, id));
            }
        }
    }

    private int reserve(Type type, String name) {
        int first = (int) hash(type, name) & 0xffff;
        for (int i = 0; i <= 0xffff; i++) {
            int id = 1 + (first + i & 0xffff);
            try (Hold<String> hold = numbers.grabManual(number(type, id))) {
                if (!hold.present()) {
                    hold.set(name);
                    return id;
                }
            }
        }
        throw new KddmException(Kind.LINKER, "all " + type + " ids are reserved");
    }

    private static Optional<Entry> find(List<Entry> bucket, Type type, String name) {
        return bucket.stream()
                .filter(it -> it.type() == type && it.name().equals(name))
                .findFirst();
    }

    private static List<Entry> with(List<Entry> bucket, Entry entry) {
        List<Entry> changed = new ArrayList<>(bucket);
        changed.removeIf(it -> it.type() == entry.type() && it.name().equals(entry.name()));
        if (entry.users() > 0) {
            changed.add(entry);
        }
        return List.copyOf(changed);
    }

    private static long number(Type type, int id) {
        return (long) type.number << 32 | id;
    }

    /** Returns the FNV-1a hash. */
    private static long hash(Type type, String name) {
        long hash = 0xcbf29ce484222325L ^ type.number;
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ b & 0xff) * 0x100000001b3L;
        }
        return hash;
    }
}
