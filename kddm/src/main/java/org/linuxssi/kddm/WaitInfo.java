package org.linuxssi.kddm;

import org.linuxssi.kddm.spi.SetId;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/**
 * One request that has to wait at the home of its object.
 *
 * @param set the set
 * @param object the object
 * @param requester the node whose user waits
 * @param wants READ, WRITE, REMOVE, FLUSH or SYNC
 * @param position 0 for the request that is being worked on, then the place in the queue
 * @param waitsFor the nodes whose word is missing; empty for a request that is only in the queue
 * @param held whether a hold on one of those nodes has to end first
 */
public record WaitInfo(
        SetId set, long object, NodeId requester, String wants, int position, NodeSet waitsFor, boolean held) {}
