package org.linuxssi.kddm;

import org.linuxssi.tools.NodeId;

/** Tells the stand-ins of this home which objects exist. Entries are locked by the caller. */
final class StandIns {

    private final Engine engine;

    StandIns(Engine engine) {
        this.engine = engine;
    }

    /** Has the stand-in tell the owner that it knows of the object. */
    void exists(DirectoryEntry entry, NodeId owner, long seq, Outbox out) {
        entry.shadowed = true;
        tellStandIn(entry, true, owner, seq, out);
    }

    /** Tells the stand-in whether the object exists. */
    void shadow(DirectoryEntry entry, boolean exists, long seq, Outbox out) {
        if (entry.shadowed == exists) {
            return;
        }
        entry.shadowed = exists;
        NodeId owner = entry.owner();
        tellStandIn(entry, exists, owner == null ? engine.self() : owner, seq, out);
    }

    private void tellStandIn(DirectoryEntry entry, boolean exists, NodeId owner, long seq, Outbox out) {
        NodeId standIn = engine.standIn(entry.placement, entry.object);
        if (!standIn.equals(engine.self())) {
            out.send(
                    standIn,
                    new Message.Exists(
                            entry.set, entry.object, exists, entry.placement, owner, seq, engine.nextNumber()));
        } else if (exists) {
            out.send(owner, new Message.Witnessed(entry.set, entry.object, seq));
        }
    }
}
