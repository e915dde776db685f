package org.linuxssi.stream;

import java.util.List;

/**
 * Descriptors on their way to another node. Closing without a commit aborts.
 *
 * <pre>{@code
 * try (Export export = streams.prepareExport(target, leaving, deadline)) {   // the process is frozen
 *     send(export.tickets());                                         // there: importTicket, install, READY
 *     ...                                                             // the process runs there, its copy here is gone
 *     export.commit();
 * }
 * }</pre>
 */
public final class Export implements AutoCloseable {

    /** Carries out the decision. */
    interface Resolver {
        /** The process has left, or it stays. */
        void resolve(boolean commit);
    }

    private final List<StreamTicket> tickets;
    private final Resolver resolver;
    private boolean resolved;

    Export(List<StreamTicket> tickets, Resolver resolver) {
        this.tickets = tickets;
        this.resolver = resolver;
    }

    /** Returns one ticket for each descriptor, in their order. */
    public List<StreamTicket> tickets() {
        return tickets;
    }

    /**
     * The process has left: call it when the tickets were imported and the process's own descriptors on this node are
     * closed, because it died or became a proxy. What it did not read here follows it then.
     */
    public void commit() {
        resolve(true);
    }

    /** The process stays; nothing is lost or doubled. Does nothing after a commit. */
    public void abort() {
        resolve(false);
    }

    private synchronized void resolve(boolean commit) {
        if (!resolved) {
            resolved = true;
            resolver.resolve(commit);
        }
    }

    @Override
    public void close() {
        abort();
    }
}
