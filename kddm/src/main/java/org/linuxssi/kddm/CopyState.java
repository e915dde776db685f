package org.linuxssi.kddm;

import java.util.Optional;
import org.linuxssi.kddm.Announcement.Claim;
import org.linuxssi.kddm.spi.ObjectState;
import org.linuxssi.tools.NodeId;

/**
 * What a node does about an object by what it has of it: one type a state, one method a message. There may be millions of copies, so each
 * has the number of its state in some bits, and these are shared. The copy is locked by the caller.
 */
sealed interface CopyState {

    /** Nothing, or data that is out of date. */
    record Nothing() implements CopyState {
        /** A demand to the owner that came late. */
        @Override
        public <T> void supply(CopyProtocol<T> protocol, Copy<T> copy, NodeId home, Message.Supply it, Outbox out) {}

        @Override
        public <T> void received(CopyProtocol<T> protocol, Copy<T> copy, long seq, Outbox out) {}

        @Override
        public <T> void discard(CopyRecovery<T> recovery, Copy<T> copy, NodeId home) {}

        @Override
        public Optional<Claim> claim() {
            return Optional.empty();
        }
    }

    /** A copy to read; the owner is another node. */
    record Reader() implements Present {
        @Override
        public Optional<Claim> claim() {
            return Optional.of(Claim.READER);
        }
    }

    /** Ownership of an object that does not exist yet. */
    record Maker() implements CopyState {
        /** There is nothing to supply: ownership is given back. */
        @Override
        public <T> void supply(CopyProtocol<T> protocol, Copy<T> copy, NodeId home, Message.Supply it, Outbox out) {
            copy.state(ObjectState.INV_COPY);
            out.send(home, new Message.Relinquished(it.set(), it.object(), it.seq()));
        }

        @Override
        public <T> void received(CopyProtocol<T> protocol, Copy<T> copy, long seq, Outbox out) {}

        @Override
        public <T> void discard(CopyRecovery<T> recovery, Copy<T> copy, NodeId home) {}

        @Override
        public Optional<Claim> claim() {
            return Optional.of(Claim.MAKER);
        }
    }

    /** Ownership and data, alone or while others read. */
    record Owner() implements Present {
        @Override
        public Optional<Claim> claim() {
            return Optional.of(Claim.OWNER);
        }
    }

    /** Data that was handed to another node and is kept until that node says that it arrived. */
    record Ghost() implements CopyState {
        /** The demand by which it was handed over was repeated: so is the answer. */
        @Override
        public <T> void supply(CopyProtocol<T> protocol, Copy<T> copy, NodeId home, Message.Supply it, Outbox out) {
            protocol.serve(copy, it, out);
        }

        @Override
        public <T> void received(CopyProtocol<T> protocol, Copy<T> copy, long seq, Outbox out) {
            if (copy.heirSeq() == seq) {
                protocol.dropGhost(copy, out);
            }
        }

        @Override
        public <T> void discard(CopyRecovery<T> recovery, Copy<T> copy, NodeId home) {
            copy.state(ObjectState.INV_COPY);
            copy.raw(null);
            copy.noHeir();
        }

        @Override
        public Optional<Claim> claim() {
            return Optional.of(Claim.GHOST);
        }
    }

    /** Data that may be read. */
    sealed interface Present extends CopyState {
        @Override
        default <T> void supply(CopyProtocol<T> protocol, Copy<T> copy, NodeId home, Message.Supply it, Outbox out) {
            protocol.serve(copy, it, out);
        }

        @Override
        default <T> void received(CopyProtocol<T> protocol, Copy<T> copy, long seq, Outbox out) {}

        @Override
        default <T> void discard(CopyRecovery<T> recovery, Copy<T> copy, NodeId home) {
            recovery.demandDrop(copy, home);
        }
    }

    /** See {@link Nothing}. */
    CopyState NOTHING = new Nothing();
    /** See {@link Reader}. */
    CopyState READER = new Reader();
    /** See {@link Maker}. */
    CopyState MAKER = new Maker();
    /** See {@link Owner}. */
    CopyState OWNER = new Owner();
    /** See {@link Ghost}. */
    CopyState GHOST = new Ghost();

    /** Returns what a copy is in. */
    static CopyState of(Copy<?> copy) {
        return switch (copy.state()) {
            case INV_COPY -> NOTHING;
            case READ_COPY -> READER;
            case INV_OWNER -> MAKER;
            case READ_OWNER, WRITE_OWNER -> OWNER;
            case WRITE_GHOST -> GHOST;
        };
    }

    /** The holds allow to do what the home demands of the owner. */
    <T> void supply(CopyProtocol<T> protocol, Copy<T> copy, NodeId home, Message.Supply it, Outbox out);

    /** What was handed over by this transaction arrived. */
    <T> void received(CopyProtocol<T> protocol, Copy<T> copy, long seq, Outbox out);

    /** The new home has no use for it. */
    <T> void discard(CopyRecovery<T> recovery, Copy<T> copy, NodeId home);

    /** Returns what is announced to the home of a new view; empty: nothing. */
    Optional<Claim> claim();
}
