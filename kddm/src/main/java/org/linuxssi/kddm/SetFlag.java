package org.linuxssi.kddm;

/** Kinds of sets. */
public enum SetFlag {
    /** Each node has objects of its own, which no other node sees. */
    LOCAL_EXCLUSIVE(1),
    /** Objects are linked to a store at their default owner: the first touch runs there. */
    FT_LINKED(2),
    /** Operations wait until {@link KddmSet#unfreeze()}. */
    FROZEN(4),
    /**
     * A put ends when the store of the object's default owner has what was written; absent objects are looked for there. While that node is
     * no member, what others have can be read, but not written for good.
     */
    DURABLE(8);

    private final int bit;

    SetFlag(int bit) {
        this.bit = bit;
    }

    /** Returns the flag's place in a definition's bytes. */
    int bit() {
        return bit;
    }
}
