package org.linuxssi.kddm;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.linuxssi.kddm.KddmException.Kind;
import org.linuxssi.kddm.spi.IoLinker;
import org.linuxssi.kddm.spi.IoLinker.Invalidated;
import org.linuxssi.kddm.spi.ObjectState;
import org.linuxssi.kddm.spi.SetId;
import org.linuxssi.tools.Decoder;
import org.linuxssi.tools.Encoder;
import org.linuxssi.tools.NodeId;

/**
 * Calls the linker of a set in the documented order. As long as the set is not open on this node there is no linker, and
 * objects that come here stay bytes. All methods that take a copy need its lock.
 */
final class CopyData<T> {

    private final long key;
    private volatile @Nullable SetSpec<T> spec;

    CopyData(long key) {
        this.key = key;
    }

    void open(SetSpec<T> opened) {
        spec = opened;
    }

    void close() {
        spec = null;
    }

    @Nullable
    SetSpec<T> spec() {
        return spec;
    }

    private SetSpec<T> needed() {
        SetSpec<T> now = spec;
        if (now == null) {
            throw new KddmException(
                    Kind.NO_SET, "set " + SetId.ofKey(key) + " is not open on this node: open it first");
        }
        return now;
    }

    boolean touchAtHome() {
        SetSpec<T> now = spec;
        return now != null && now.flags().contains(SetFlag.FT_LINKED);
    }

    int placement(long object) {
        SetSpec<T> now = needed();
        if (now.flags().contains(SetFlag.LOCAL_EXCLUSIVE)) {
            return Members.LOCAL;
        }
        return switch (now.owner()) {
            case DefaultOwner.Fixed fixed -> fixed.node().value();
            case DefaultOwner.Modulo _ -> Members.MODULO;
            case DefaultOwner.Shift shift -> (int) (object >>> shift.bits()) & NodeId.LIMIT - 1;
            case DefaultOwner.Linker _ -> now.linker().defaultOwner(object).value();
        };
    }

    /** Makes sure that the object is more than bytes; false when the set is not open here. */
    boolean imported(Copy<T> copy) {
        byte[] raw = copy.raw();
        if (raw == null) {
            return copy.value != null;
        }
        SetSpec<T> now = spec;
        if (now == null) {
            return false;
        }
        IoLinker<T> linker = now.linker();
        T kept = copy.value;
        Optional<T> into = kept != null ? Optional.of(kept) : linker.allocObject(copy.object);
        T value = linker.importObject(copy.object, into, new Decoder(raw));
        copy.value = value;
        copy.raw(null);
        linker.insertObject(copy.object, value);
        linker.changeState(copy.object, value, copy.state());
        return true;
    }

    /** Takes data that arrived, in the copy's new state. */
    void arrived(Copy<T> copy, byte[] bytes) {
        copy.raw(bytes);
        SetSpec<T> now = spec;
        if (now != null) {
            try {
                imported(copy);
            } catch (RuntimeException e) {
                copy.raw(bytes);
            }
        }
    }

    void firstTouch(Copy<T> copy) {
        IoLinker<T> linker = needed().linker();
        T value = linker.firstTouch(copy.object);
        copy.value = value;
        copy.raw(null);
        copy.state(ObjectState.WRITE_OWNER);
        linker.insertObject(copy.object, value);
        linker.changeState(copy.object, value, copy.state());
    }

    /** The user made the object by hand. */
    void inserted(Copy<T> copy) {
        SetSpec<T> now = spec;
        T value = copy.value;
        if (now != null && value != null) {
            now.linker().insertObject(copy.object, value);
            now.linker().changeState(copy.object, value, copy.state());
        }
    }

    /** Changes the state and tells the linker. */
    void state(Copy<T> copy, ObjectState state) {
        if (copy.state() != state) {
            copy.state(state);
            SetSpec<T> now = spec;
            T value = copy.value;
            if (now != null && value != null && copy.raw() == null) {
                now.linker().changeState(copy.object, value, state);
            }
        }
    }

    /** Returns the bytes of the object. */
    byte[] exported(Copy<T> copy) {
        byte[] raw = copy.raw();
        T value = copy.value;
        if (raw != null || value == null) {
            return raw == null ? new byte[0] : raw;
        }
        SetSpec<T> now = needed();
        Encoder out = new Encoder(Math.min(now.objectSize(), 4096));
        now.linker().exportObject(copy.object, value, out);
        if (out.size() > now.objectSize()) {
            throw new KddmException(
                    Kind.LINKER,
                    "object " + copy.object + " of set " + now.id() + " takes " + out.size()
                            + " bytes, more than the set's " + now.objectSize());
        }
        return out.toBytes();
    }

    /** Lets the data go; the copy is in its new state. */
    void invalidated(Copy<T> copy) {
        SetSpec<T> now = spec;
        T value = copy.value;
        if (value != null && (now == null || now.linker().invalidateObject(copy.object, value) == Invalidated.DROP)) {
            copy.value = null;
        }
        copy.raw(null);
    }

    void removed(Copy<T> copy) {
        SetSpec<T> now = spec;
        T value = copy.value;
        if (now != null && value != null) {
            now.linker().removeObject(copy.object, value);
        }
        copy.value = null;
        copy.raw(null);
    }

    void synced(Copy<T> copy) {
        if (imported(copy) && copy.value != null) {
            needed().linker().syncObject(copy.object, copy.value);
        }
    }

    void flushed(Copy<T> copy, NodeId destination) {
        SetSpec<T> now = spec;
        T value = copy.value;
        if (now != null && value != null) {
            now.linker().flushObject(copy.object, value, destination);
        }
    }

    void put(Copy<T> copy, boolean exclusive) {
        SetSpec<T> now = spec;
        T value = copy.value;
        if (now != null && value != null) {
            now.linker().putObject(copy.object, value, exclusive);
        }
    }
}
