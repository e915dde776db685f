package org.linuxssi.kddm;

import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.LongFunction;
import org.linuxssi.kddm.spi.CodecLinker;
import org.linuxssi.kddm.spi.IoLinker;
import org.linuxssi.kddm.spi.SetId;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.Codec;

/**
 * How a node opens a set. All nodes that open it must agree on everything but the linker's instance and the deadline.
 *
 * <pre>{@code
 * SetSpec.of(SetId.of(200, 1), "pids", new PidLinker()).owner(DefaultOwner.shift(14));
 * SetSpec.of(SetId.of(7, 1), "counters", Codec.of((n, out) -> out.i64(n), Decoder::i64), id -> 0L);
 * }</pre>
 *
 * @param id name of the set
 * @param linkerName at most 16 characters, the same on all nodes: the kind of linker
 * @param linker this node's linker
 * @param owner the default owner scheme
 * @param objectSize the most bytes an object takes, at most 1 MiB; larger ones are refused
 * @param flags kind of set
 * @param copies how many nodes have what {@code put} acknowledged after a write, 1 to 3
 * @param deadline of operations that give none
 * @param cache how many objects this node keeps, more or less; see {@link #cache(int)}
 * @param ahead how many objects are fetched before they are asked for; see {@link #ahead(int)}
 * @param <T> type of the objects
 */
public record SetSpec<T>(
        SetId id,
        String linkerName,
        IoLinker<T> linker,
        DefaultOwner owner,
        int objectSize,
        Set<SetFlag> flags,
        int copies,
        Duration deadline,
        int cache,
        int ahead) {

    /** The most objects that are fetched ahead. */
    public static final int MAX_AHEAD = 1024;

    /** The largest object in bytes. */
    public static final int MAX_OBJECT_SIZE = 1 << 20;

    /** Checks the ranges. */
    public SetSpec {
        if (linkerName.isEmpty() || linkerName.length() > NamedIds.MAX_NAME) {
            throw new IllegalArgumentException("linker name '" + linkerName + "' does not have 1 to 16 characters");
        }
        if (objectSize < 1 || objectSize > MAX_OBJECT_SIZE) {
            throw new IllegalArgumentException("object size " + objectSize + " is not in 1-" + MAX_OBJECT_SIZE);
        }
        if (copies < 1 || copies > 3) {
            throw new IllegalArgumentException("copies " + copies + " is not in 1-3");
        }
        if (flags.contains(SetFlag.DURABLE)
                && (owner instanceof DefaultOwner.Modulo || flags.contains(SetFlag.LOCAL_EXCLUSIVE))) {
            throw new IllegalArgumentException(
                    "set " + id + " is durable, so each object needs a node whose store keeps it:"
                            + " choose the default owner fixed, shift or linker");
        }
        if (cache < 1) {
            throw new IllegalArgumentException("a cache of " + cache + " objects has no room");
        }
        if (ahead < 0 || ahead > MAX_AHEAD) {
            throw new IllegalArgumentException("objects fetched ahead: " + ahead + " is not in 0-" + MAX_AHEAD);
        }
        if (ahead > 0 && flags.contains(SetFlag.LOCAL_EXCLUSIVE)) {
            throw new IllegalArgumentException(
                    "set " + id + " is LOCAL_EXCLUSIVE: its objects have no copies that could be fetched ahead");
        }
        flags = Set.copyOf(flags);
    }

    /** Returns a spec with id modulo nodes, objects up to 1 MiB, no flags, one copy. */
    public static <T> SetSpec<T> of(SetId id, String linkerName, IoLinker<T> linker) {
        return new SetSpec<>(
                id,
                linkerName,
                linker,
                DefaultOwner.modulo(),
                MAX_OBJECT_SIZE,
                Set.of(),
                1,
                Rpc.DEFAULT_DEADLINE,
                Integer.MAX_VALUE,
                0);
    }

    /** Returns a spec for values that live in memory only. */
    public static <T> SetSpec<T> of(SetId id, String linkerName, Codec<T> codec, LongFunction<T> firstTouch) {
        return of(id, linkerName, new CodecLinker<>(codec, firstTouch));
    }

    /** Returns this spec with another default owner scheme. */
    public SetSpec<T> owner(DefaultOwner scheme) {
        return new SetSpec<>(id, linkerName, linker, scheme, objectSize, flags, copies, deadline, cache, ahead);
    }

    /** Returns this spec with another limit of object sizes. */
    public SetSpec<T> objectSize(int bytes) {
        return new SetSpec<>(id, linkerName, linker, owner, bytes, flags, copies, deadline, cache, ahead);
    }

    /** Returns this spec with one more flag. */
    public SetSpec<T> flag(SetFlag flag) {
        EnumSet<SetFlag> more = EnumSet.of(flag);
        more.addAll(flags);
        return new SetSpec<>(id, linkerName, linker, owner, objectSize, more, copies, deadline, cache, ahead);
    }

    /** Returns this spec with another number of copies. */
    public SetSpec<T> copies(int count) {
        return new SetSpec<>(id, linkerName, linker, owner, objectSize, flags, count, deadline, cache, ahead);
    }

    /** Returns this spec with another default deadline. */
    public SetSpec<T> deadline(Duration limit) {
        return new SetSpec<>(id, linkerName, linker, owner, objectSize, flags, copies, limit, cache, ahead);
    }

    /**
     * Returns this spec with a bound for what this node keeps. Beyond it copies are dropped in the background, the least used first; last
     * copies move to nodes with room, and stay when there are none. Nodes may differ in it.
     */
    public SetSpec<T> cache(int objects) {
        return new SetSpec<>(id, linkerName, linker, owner, objectSize, flags, copies, deadline, objects, ahead);
    }

    /**
     * Returns this spec with so many objects fetched ahead: who reads objects in the order of their numbers on this node gets the following
     * ones by the same messages, as copies to read; those that are absent stay so. Nodes may differ in it.
     */
    public SetSpec<T> ahead(int objects) {
        return new SetSpec<>(id, linkerName, linker, owner, objectSize, flags, copies, deadline, cache, objects);
    }

    SetDefinition definition() {
        return new SetDefinition(id, linkerName, owner, objectSize, flags, copies);
    }
}
