package org.linuxssi.checkpoint;

import java.util.List;
import org.linuxssi.capability.CapabilitySets;
import org.linuxssi.epm.spi.Imaging;
import org.linuxssi.proc.History;
import org.linuxssi.proc.Relations;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;

/**
 * A process of a saved application, besides its image. Written and read, never compared: so an array is good enough.
 *
 * @param relations its numbers, and its children that are zombies
 * @param needs what it has to find where it is started again, as the module {@code ghost} tells
 * @param history its past
 * @param capabilities what may be done with it
 * @param command its name
 */
@SuppressWarnings("ArrayRecordComponent")
record Task(Relations relations, byte[] needs, History history, CapabilitySets capabilities, String command) {

    private static final int NAME = 64;

    private static final Codec<Task> CODEC = Codec.of(
            (task, out) -> out.value(task.relations, Relations.CODEC)
                    .bytes(task.needs)
                    .value(task.history, History.CODEC)
                    .value(task.capabilities, CapabilitySets.CODEC)
                    .text(task.command),
            in -> new Task(
                    in.value(Relations.CODEC),
                    in.bytes(Imaging.NEEDS_LIMIT),
                    in.value(History.CODEC),
                    in.value(CapabilitySets.CODEC),
                    in.text(NAME)));

    int pid() {
        return relations.self().pid();
    }

    /**
     * The part of an application that was on one node, {@code node_ID.bin}.
     *
     * @param node the node
     * @param tasks its processes, parents before their children
     */
    record Part(NodeId node, List<Task> tasks) {
        private static final int MOST = 1 << 20;

        static final Codec<Part> CODEC = Codec.of(
                (part, out) -> out.node(part.node).list(part.tasks, Task.CODEC),
                in -> new Part(in.node(), in.list(MOST, Task.CODEC)));
    }
}
