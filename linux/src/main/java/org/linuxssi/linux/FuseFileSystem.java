package org.linuxssi.linux;

/**
 * A file system that answers FUSE requests.
 *
 * <p>Use: switch over the sealed {@link FuseRequest}, answer each request exactly once, now or later from any thread;
 * {@code FORGET} has no answer. An {@link ErrnoException} that leaves {@link #handle} becomes the answer.
 *
 * <pre>{@code
 * public void handle(FuseRequest request, FuseReply reply) {
 *     switch (request) {
 *         case FuseRequest.Lookup lookup -> reply.entry(find(lookup.header().nodeId(), lookup.name()));
 *         case FuseRequest.Forget _ -> {}
 *         default -> reply.error(Errno.ENOSYS);
 *     }
 * }
 * }</pre>
 *
 * <p>Several threads call at once. A handler never touches the mount it serves, and never sends an invalidation of the
 * node or directory of the request it is answering: both wait for themselves.
 */
public interface FuseFileSystem {

    /** Answers one request. */
    void handle(FuseRequest request, FuseReply reply);

    /** The kernel and the session agreed; comes before the first request and also after a takeover. */
    default void ready(FuseNegotiated negotiated, FuseNotifier notifier) {}

    /** The connection ended: unmounted or aborted. */
    default void ended() {}
}
