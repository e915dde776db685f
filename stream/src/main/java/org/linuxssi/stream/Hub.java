package org.linuxssi.stream;

import org.linuxssi.tools.NodeId;

/** What anchors and attachments need of their node. */
interface Hub {

    /** Returns the node. */
    NodeId self();

    /** Returns the thread that runs them. */
    Loop loop();

    /** Returns who looks at the programs of this node. */
    Observer observer();

    /** Returns who tells which programs may read terminals of this node. */
    Foreground foreground();

    /** Sends a frame; never blocks. */
    void send(NodeId to, Frame frame);

    /** The anchor is closed. */
    void forget(Anchor anchor);

    /** The stand-in's descriptor is closed; frames may still be due. */
    void detached(Attachment attachment);

    /** No frame is due any more. */
    void forget(Attachment attachment);
}
