package org.linuxssi.checkpoint;

import org.linuxssi.capability.Capabilities;
import org.linuxssi.epm.Migrator;
import org.linuxssi.ghost.Imager;
import org.linuxssi.proc.ProcessTable;
import org.linuxssi.proc.Revival;
import org.linuxssi.tools.NodeId;

/**
 * The services of a node that applications are saved and started with.
 *
 * @param self the node
 * @param table its processes
 * @param revival makes agents for processes that are started again
 * @param capabilities tells who belongs to an application
 * @param migrator moves processes, unless they are kept from it
 * @param imager takes and builds images of single processes
 * @param faults for tests
 */
public record Surroundings(
        NodeId self,
        ProcessTable table,
        Revival revival,
        Capabilities capabilities,
        Migrator migrator,
        Imager imager,
        Phase.Hook faults) {}
