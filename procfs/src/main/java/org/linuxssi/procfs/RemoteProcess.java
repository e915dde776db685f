package org.linuxssi.procfs;

import org.linuxssi.tools.NodeId;

/**
 * A process of another node as it was a moment ago.
 *
 * @param node where it is
 * @param entry its files
 * @param startShift what its start time gets added so that it counts from the boot of this node, in clock ticks
 * @param taken when the files arrived, by the clock of rpc
 */
record RemoteProcess(NodeId node, ProcessEntry entry, long startShift, long taken) {

    /** Returns one of the files of the batch as this node shows it to the caller. */
    byte[] stat(int uid) {
        boolean mayLook = uid == 0 || uid == entry.uid();
        return StatLine.convert(entry.stat(), node, startShift, mayLook);
    }
}
