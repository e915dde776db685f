package org.linuxssi.linux;

/**
 * The answer to a lookup ({@code struct fuse_entry_out}).
 *
 * @param nodeId the object; 0 means that the name does not exist, which the kernel then remembers for entryValid
 * @param generation tells objects apart that had the same node id one after the other
 * @param entryValid nanoseconds for which the kernel need not look the name up again
 * @param attrValid nanoseconds for which the kernel need not ask for the attributes again
 * @param attr the attributes
 */
public record FuseEntry(long nodeId, long generation, long entryValid, long attrValid, FuseAttr attr) {}
