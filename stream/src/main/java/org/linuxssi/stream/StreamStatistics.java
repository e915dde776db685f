package org.linuxssi.stream;

/**
 * What the streams of a node hold now.
 *
 * @param anchors originals on this node that are used elsewhere
 * @param attachments stand-ins on this node
 * @param tickets of processes on their way
 */
public record StreamStatistics(int anchors, int attachments, int tickets) {

    /** Nothing at all. */
    public static final StreamStatistics NONE = new StreamStatistics(0, 0, 0);
}
