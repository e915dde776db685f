package org.linuxssi.kddm.spi;

import java.util.Map;
import java.util.Optional;
import org.linuxssi.tools.Decoder;
import org.linuxssi.tools.Encoder;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/**
 * Connects the objects of a set with what they stand for on each node.
 *
 * <p>Order of calls when an object arrives: {@link #allocObject}, {@link #importObject}, {@link #insertObject},
 * {@link #changeState}; on a first touch {@link #firstTouch} takes the place of the first two. When it goes:
 * {@link #exportObject}, {@link #changeState}, {@link #invalidateObject}. Calls for one object never overlap. They run
 * with the object locked: they must not use the same object, and unless {@link #mayBlock()} says so they must be short.
 *
 * @param <T> type of the objects
 */
public interface IoLinker<T> {

    /** The set is opened on this node. */
    default void instantiate(SetId set, NodeId self) {}

    /** The set is closed on this node. */
    default void uninstantiate() {}

    /** Makes an object that does not exist in the cluster yet. An exception becomes the error of who asked. */
    T firstTouch(long object);

    /** Returns something for {@link #importObject} to fill; not asked when an invalidation kept the data. */
    default Optional<T> allocObject(long object) {
        return Optional.empty();
    }

    /** Reads what {@link #exportObject} wrote on another node, into the given one if it likes, and returns the object. */
    T importObject(long object, Optional<T> into, Decoder in);

    /** Writes the object for another node. */
    void exportObject(long object, T value, Encoder out);

    /** The object is now here: after an import or a first touch. */
    default void insertObject(long object, T value) {}

    /** What this node has of the object changed; the data is still here. */
    default void changeState(long object, T value, ObjectState state) {}

    /** A hold ended. */
    default void putObject(long object, T value, boolean exclusive) {}

    /** Another node is going to write. */
    default Invalidated invalidateObject(long object, T value) {
        return Invalidated.DROP;
    }

    /** The object is about to be sent away because this node gives it up. */
    default void flushObject(long object, T value, NodeId destination) {}

    /** Somebody wants the object to be in its store; called on the owner. */
    default void syncObject(long object, T value) {}

    /** The object was removed from the cluster. */
    default void removeObject(long object, T value) {}

    /** Returns the default owner where the set leaves it to the linker; a function of the number alone. */
    default NodeId defaultOwner(long object) {
        throw new UnsupportedOperationException(
                getClass().getName() + " does not choose default owners: create the set with another DefaultOwner");
    }

    /**
     * Asked on the new default owner for an object whose only copy died.
     *
     * @param failed the nodes that went
     * @return its value; empty: it is reported as lost
     */
    default Optional<T> recover(long object, NodeSet failed) {
        return Optional.empty();
    }

    /**
     * Asked on every node after nodes died: objects that this node can vouch for. They are used only where no copy is left
     * in the cluster.
     */
    default Map<Long, T> rebuild(NodeSet failed) {
        return Map.of();
    }

    /**
     * Asked when a set that is {@link org.linuxssi.kddm.SetFlag#DURABLE} is opened: this node's store for the objects whose default owner it
     * is. It is closed with the set.
     */
    default Optional<ObjectStore> store() {
        return Optional.empty();
    }

    /** Tells whether calls may take long: then they never run on the thread that reads the network. */
    default boolean mayBlock() {
        return false;
    }

    /** What to do with the data of an object that is out of date. */
    enum Invalidated {
        /** Forget it. */
        DROP,
        /** Keep it for the next import to update. */
        KEEP
    }
}
