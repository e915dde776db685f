package org.linuxssi.linux;

/**
 * What every FUSE request begins with ({@code struct fuse_in_header}).
 *
 * @param opcode number of the operation ({@code enum fuse_opcode})
 * @param unique number of the request, for its reply
 * @param nodeId the file or directory concerned, 0 where the operation has none
 * @param uid file-system user id of the caller
 * @param gid file-system group id of the caller
 * @param pid the calling <em>thread</em>, in the pid name space of the process that made the mount; 0 for the kernel's
 *     own requests and for callers that have no number there
 * @param resent whether an earlier daemon may have seen and even carried out this request
 */
public record FuseHeader(int opcode, long unique, long nodeId, int uid, int gid, int pid, boolean resent) {}
