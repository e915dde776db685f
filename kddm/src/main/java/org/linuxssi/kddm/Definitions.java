package org.linuxssi.kddm;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.linuxssi.kddm.KddmException.Kind;
import org.linuxssi.kddm.spi.CodecLinker;
import org.linuxssi.kddm.spi.IoLinker;
import org.linuxssi.kddm.spi.SetId;
import org.linuxssi.tools.NodeSet;

/**
 * The set of the sets' definitions. The home of a definition is the set's manager; nodes look there the first time they use
 * a set, and offer the definitions of their open sets when a manager died.
 */
final class Definitions {

    static final SetId ID = SetId.of(SetId.KDDM, 1);

    private final Map<Long, SetDefinition> open = new ConcurrentHashMap<>();
    private @Nullable KddmSet<SetDefinition> set;

    IoLinker<SetDefinition> linker() {
        return new CodecLinker<>(SetDefinition.CODEC, object -> {
            throw new KddmException(Kind.NO_SET, "set " + SetId.ofKey(object) + " does not exist: create it first");
        }) {
            @Override
            public Map<Long, SetDefinition> rebuild(NodeSet failed) {
                return new HashMap<>(open);
            }
        };
    }

    void attach(KddmSet<SetDefinition> definitions) {
        set = definitions;
    }

    private KddmSet<SetDefinition> set() {
        KddmSet<SetDefinition> now = set;
        if (now == null) {
            throw new IllegalStateException("the set of definitions is not open yet");
        }
        return now;
    }

    Optional<SetDefinition> find(SetId id) {
        return set().readNoFirstTouch(id.key());
    }

    /** Makes the set known to all nodes, or checks that it is what they know. */
    void verify(SetDefinition mine) {
        long key = mine.id().key();
        SetDefinition known = set().readNoFirstTouch(key).orElseGet(() -> define(key, mine));
        if (!known.equals(mine)) {
            throw new KddmException(
                    Kind.MISMATCH,
                    "set " + mine.id() + " exists as " + known + ", not as " + mine
                            + ": open it with the same properties");
        }
    }

    /** Vouches for a set that is open here. */
    void opened(SetDefinition mine) {
        open.put(mine.id().key(), mine);
    }

    private SetDefinition define(long key, SetDefinition mine) {
        try (Hold<SetDefinition> hold = set().grabManual(key)) {
            if (!hold.present()) {
                hold.set(mine);
            }
            return hold.value();
        }
    }

    void remove(SetId id) {
        open.remove(id.key());
        set().removeObject(id.key());
    }
}
