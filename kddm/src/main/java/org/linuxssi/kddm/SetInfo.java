package org.linuxssi.kddm;

import java.util.Optional;
import org.linuxssi.kddm.spi.SetId;
import org.linuxssi.tools.NodeId;

/**
 * What one node knows of a set.
 *
 * @param id name of the set
 * @param definition its properties; empty when the set is not open on the node
 * @param manager the home of its definition; empty outside the cluster
 * @param objects how many objects the node has something of
 * @param owned how many of them it owns
 * @param homes how many objects it is the home of
 * @param counters what the node has done for it
 */
public record SetInfo(
        SetId id,
        Optional<SetDefinition> definition,
        Optional<NodeId> manager,
        int objects,
        int owned,
        int homes,
        SetCounters counters) {}
