package org.linuxssi.hotplug;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.Registration;

/**
 * Who is in the cluster, and the ordered notifications when that changes.
 *
 * <p>Services register their handlers before {@link #start()}. Handlers of one stage on one node run in the order of
 * registration, in reverse order on removal.
 */
public interface Hotplug extends AutoCloseable {

    /** Makes the membership of a node; it does nothing before {@link #start()}. */
    static Hotplug create(Rpc rpc, HotplugConfig config) {
        return new HotplugNode(rpc, config);
    }

    /** Returns the node this is. */
    NodeId self();

    /** Returns the newest agreed view that this node is a member of, {@link View#NONE} before and after. */
    View view();

    /** Returns the newest view whose handlers have all ended on this node. */
    View settled();

    /** Returns the states of all nodes that were ever seen, ascending. */
    Map<NodeId, NodeState> states();

    /** Returns the state of one node, OFFLINE when it was never seen. */
    default NodeState state(NodeId node) {
        return states().getOrDefault(node, NodeState.OFFLINE);
    }

    /** Returns the nodes in this state. */
    default NodeSet in(NodeState state) {
        return NodeSet.of(states().entrySet().stream()
                .filter(entry -> entry.getValue() == state)
                .map(Map.Entry::getKey)
                .toList());
    }

    /** Tells whether this node is cut off from the quorum of its view. */
    boolean paused();

    /**
     * Tells whether this node may act as a member at this moment: a quorum has confirmed a sign of life of it so lately that it
     * can't have been voted out. Cheap, and right also when this node has just stood still for a while and does not know it yet.
     */
    default boolean trusted() {
        return !paused();
    }

    /** Tells whether this node gave up its connection to the other one since it heard nothing of it any more. */
    default boolean fellSilent(NodeId node) {
        return false;
    }

    /** Has the handler called in this stage of each change. */
    Registration register(Stage stage, HotplugHandler handler);

    /** Has the listener called when this node pauses and resumes. */
    Registration onPause(PauseListener listener);

    /** Has the listener called after each installed view. */
    Registration onView(ViewListener listener);

    /** Has the listener called when the cluster is told to power off or to reboot. */
    Registration onPoweroff(PoweroffListener listener);

    /** Begins to watch peers; the cluster starts itself when enough nodes are there, if so configured. */
    void start();

    /**
     * Makes a cluster of these present nodes.
     *
     * @return completes when they are online; fails with {@link HotplugException} when there is a cluster already or a node
     *     is not present
     */
    CompletableFuture<View> startCluster(NodeSet nodes);

    /**
     * Adds present nodes.
     *
     * @return completes when they are online; fails with {@link HotplugException}
     */
    CompletableFuture<View> add(NodeSet nodes);

    /**
     * Removes online nodes after their services have handed everything away.
     *
     * @return completes when they are gone; fails with {@link HotplugException}
     */
    CompletableFuture<View> remove(NodeSet nodes);

    /** Tells all other members to power off, or to reboot; completes when they were told. Ending this node is up to the caller. */
    CompletableFuture<Void> poweroff(boolean reboot);

    /** Leaves at once, as if the node had failed. */
    @Override
    void close();

    /** Is told of views. */
    @FunctionalInterface
    interface ViewListener {
        /** The view was agreed; the handlers have not been called yet. Runs on a thread that must not block. */
        void installed(View view);
    }

    /** Is told to end this node. */
    @FunctionalInterface
    interface PoweroffListener {
        /** The cluster goes down; runs on a thread that must not block. */
        void poweroff(boolean reboot);
    }
}
