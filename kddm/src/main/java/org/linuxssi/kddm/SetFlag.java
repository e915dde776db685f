package org.linuxssi.kddm;

/** Kinds of sets. */
public enum SetFlag {
    /** Each node has objects of its own, which no other node sees. */
    LOCAL_EXCLUSIVE,
    /** Objects are linked to a store at their default owner: the first touch runs there. */
    FT_LINKED,
    /** Operations wait until {@link KddmSet#unfreeze()}. */
    FROZEN
}
