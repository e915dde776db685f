package org.linuxssi.kddm;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.linuxssi.kddm.Message.Mode;
import org.linuxssi.kddm.Message.Outcome;
import org.linuxssi.kddm.Message.Want;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/**
 * What goes on at an object at its home: one class a state, one method a message; {@code docs/architecture/kddm.md} has the table. A
 * message that does not belong to what goes on is late or repeated, and has no effect.
 */
abstract sealed class HomeState {

    private HomeState() {}

    /** A request that was not answered before. */
    abstract void requested(Turn turn, Transaction asked);

    /** A copy is dropped, or (busy) held. */
    void invalidated(Turn turn, NodeId from, Message.Invalidated it) {}

    /** What was granted arrived. */
    void done(Turn turn, NodeId from, Message.Done it) {}

    /** The owner has no object. */
    void relinquished(Turn turn, NodeId from, Message.Relinquished it) {}

    /** A demand waits for holds. */
    void blocked(Turn turn, NodeId from, Message.Blocked it) {}

    /** The owner gave copies to others. */
    void readers(Turn turn, Message.Readers it) {
        turn.register(it);
    }

    /** A node that does not own the object, as far as is known, made it. */
    void createdByOther(NodeId from, Message.Created it) {}

    /** Sends again what may have been lost. */
    void again(Turn turn) {}

    /** Returns what goes on; empty when nothing does. */
    Optional<Transaction> transaction() {
        return Optional.empty();
    }

    /** Returns whose word is missing. */
    NodeSet waitsFor() {
        return NodeSet.EMPTY;
    }

    /** Returns who may own the object already without having confirmed it. */
    @Nullable
    NodeId heir(boolean replicated) {
        return null;
    }

    /** Tells whether copies of it are being removed. */
    boolean removing() {
        return false;
    }

    /** Nothing goes on. */
    static final class Resting extends HomeState {
        static final Resting IT = new Resting();

        @Override
        void requested(Turn turn, Transaction asked) {
            turn.begin(asked);
        }
    }

    /** One request is being worked on; others queue. */
    abstract static sealed class Working extends HomeState {
        final Transaction t;

        Working(Transaction t) {
            this.t = t;
        }

        @Override
        Optional<Transaction> transaction() {
            return Optional.of(t);
        }

        @Override
        void requested(Turn turn, Transaction asked) {
            Optional<Transaction> queued =
                    turn.entry.queue.stream().filter(asked::is).findFirst();
            if (t.is(asked)) {
                t.repeated(asked);
                again(turn);
            } else if (queued.isPresent()) {
                queued.get().repeated(asked);
                again(turn);
            } else if (asked.has(Message.TRY) && t.blocked) {
                turn.answer(asked, Outcome.BUSY);
            } else {
                turn.entry.queue.add(asked);
            }
        }

        /** Those who do not want to wait for holds need not. */
        void isBlocked(Turn turn) {
            t.blocked = true;
            turn.entry.queue.removeIf(queued -> {
                boolean attempt = queued.has(Message.TRY);
                if (attempt) {
                    turn.answer(queued, Outcome.BUSY);
                }
                return attempt;
            });
        }
    }

    /** Copies are being dropped; each holder confirms. */
    static final class Invalidating extends Working {
        private final Message.Invalidate sent;
        private NodeSet waiting;
        private boolean busy;

        Invalidating(Transaction t, NodeSet holders, Message.Invalidate sent) {
            super(t);
            this.waiting = holders;
            this.sent = sent;
        }

        @Override
        NodeSet waitsFor() {
            return waiting;
        }

        @Override
        boolean removing() {
            return t.want() == Want.REMOVE;
        }

        @Override
        void again(Turn turn) {
            waiting.forEach(holder -> turn.out.send(holder, sent));
        }

        @Override
        void blocked(Turn turn, NodeId from, Message.Blocked it) {
            if (t.seq == it.seq() && waiting.contains(from)) {
                isBlocked(turn);
            }
        }

        @Override
        void invalidated(Turn turn, NodeId from, Message.Invalidated it) {
            if (t.seq != it.seq() || !waiting.contains(from)) {
                return;
            }
            waiting = waiting.minus(from);
            busy |= it.busy();
            if (!it.busy()) {
                turn.entry.holders = turn.entry.holders.without(from);
            }
            if (waiting.isEmpty()) {
                turn.leave();
                allInvalidated(turn);
                turn.next();
            }
        }

        private void allInvalidated(Turn turn) {
            NodeId owner = turn.entry.owner();
            switch (t.want()) {
                case REMOVE -> turn.removedAll(t);
                case FLUSH -> {
                    if (t.requester.equals(owner)) {
                        turn.begin(t);
                    } else {
                        turn.answer(t, Outcome.COMPLETED);
                    }
                }
                case READ, SYNC -> turn.answer(t, Outcome.COMPLETED);
                case WRITE -> {
                    if (busy) {
                        turn.answer(t, Outcome.BUSY);
                    } else if (owner != null) {
                        turn.writeAlone(t, owner);
                    }
                }
            }
        }
    }

    /** Something was granted, or the owner was told to; who gets it confirms. */
    abstract static sealed class Granting extends Working {
        final NodeId target;
        final NodeId sentTo;
        final Message sent;

        /** The message went to a node, and by the confirmation of the target this ends. */
        Granting(Transaction t, NodeId target, NodeId sentTo, Message sent) {
            super(t);
            this.target = target;
            this.sentTo = sentTo;
            this.sent = sent;
        }

        @Override
        NodeSet waitsFor() {
            return NodeSet.of(target);
        }

        @Override
        void again(Turn turn) {
            turn.out.send(sentTo, sent);
            turn.out.send(target, new Message.Probe(sent.set(), sent.object(), t.seq));
        }

        @Override
        final void done(Turn turn, NodeId from, Message.Done it) {
            if (t.seq == it.seq() && from.equals(target)) {
                turn.leave();
                confirmed(turn, it);
                turn.next();
            }
        }

        /** The new owner's word that it made the object may be faster than the one that ownership arrived. */
        @Override
        final void createdByOther(NodeId from, Message.Created it) {
            if (from.equals(target)) {
                t.created = Math.max(t.created, it.seq());
            }
        }

        abstract void confirmed(Turn turn, Message.Done it);
    }

    /** The owner serves the requester, or the home lets the owner be the only one with a copy. */
    static final class Supplying extends Granting {
        Supplying(Transaction t, NodeId target, NodeId sentTo, Message sent) {
            super(t, target, sentTo, sent);
        }

        @Override
        NodeSet waitsFor() {
            return NodeSet.of(sentTo);
        }

        @Override
        @Nullable
        NodeId heir(boolean replicated) {
            return t.want() == Want.WRITE || t.want() == Want.FLUSH || migrates() ? target : null;
        }

        /** Sends again; the data too, when the requester turned out not to have it. */
        @Override
        void again(Turn turn) {
            boolean withoutData = sent instanceof Message.Supply supply && supply.mode() == Mode.OWNERSHIP;
            if (withoutData && t.want() == Want.WRITE && !turn.hasData(t)) {
                turn.supplyData(t, sentTo);
            } else {
                super.again(turn);
            }
        }

        /** Tells whether ownership may go to a requester that wants to read. */
        private boolean migrates() {
            return sent instanceof Message.Supply supply && supply.mode() == Mode.MIGRATE;
        }

        /** Tells whether ownership is on its way: the owner was asked to give it away, or is becoming the only one with a copy. */
        private boolean moves() {
            return !(sent instanceof Message.Supply supply)
                    || supply.mode() == Mode.WRITE
                    || supply.mode() == Mode.OWNERSHIP;
        }

        @Override
        void blocked(Turn turn, NodeId from, Message.Blocked it) {
            if (t.seq == it.seq() && from.equals(sentTo)) {
                isBlocked(turn);
            }
        }

        @Override
        void relinquished(Turn turn, NodeId from, Message.Relinquished it) {
            if (t.seq == it.seq() && from.equals(turn.entry.owner())) {
                turn.leave();
                turn.relinquished(t);
            }
        }

        /**
         * While ownership is about to move it is too late for this: the owner, who has not heard that they are known, will not let it go
         * and say so, and then the transaction begins anew.
         */
        @Override
        void readers(Turn turn, Message.Readers it) {
            if (!moves()) {
                turn.register(it);
            } else if (t.seq == it.deferred()) {
                turn.register(it);
                turn.leave();
                turn.begin(t);
            }
        }

        @Override
        void confirmed(Turn turn, Message.Done it) {
            if (it.present()) {
                turn.entry.holders = turn.entry.holders.found();
            }
            switch (t.want()) {
                case READ -> wasRead(turn.entry, it);
                case WRITE -> {
                    if (it.taken()) {
                        turn.entry.holders = turn.entry.holders.ownedBy(target);
                    }
                }
                case FLUSH -> {
                    if (it.taken()) {
                        turn.entry.holders = turn.entry.holders.handedOver(t.requester, target);
                        turn.answer(t, Outcome.COMPLETED);
                    } else {
                        turn.fail(t, "the owner could not send it");
                    }
                }
                case REMOVE, SYNC -> {}
            }
            turn.nowCreated(t, target);
        }

        private void wasRead(DirectoryEntry entry, Message.Done it) {
            if (it.taken() && migrates() && it.owns()) {
                entry.holders = entry.holders.ownedBy(target);
            } else if (it.taken()) {
                entry.holders = entry.holders.with(target);
                entry.migratory &= !migrates();
            }
        }
    }

    /** The object does not exist; the requester makes it and confirms. */
    static final class Touching extends Granting {
        Touching(Transaction t, NodeId target, Message.Grant sent) {
            super(t, target, target, sent);
        }

        @Override
        @Nullable
        NodeId heir(boolean replicated) {
            return replicated ? null : target;
        }

        @Override
        void confirmed(Turn turn, Message.Done it) {
            turn.touched(t, target, it);
            turn.nowCreated(t, target);
        }
    }

    /** The object does not exist; the home makes it, or looks into its store, then the request starts again. */
    static final class TouchingHere extends Granting {
        TouchingHere(Transaction t, NodeId home, Message.Grant sent) {
            super(t, home, home, sent);
        }

        @Override
        void confirmed(Turn turn, Message.Done it) {
            if (it.present()) {
                turn.touchedHere(t, target);
            }
            if (it.present() || it.error().isEmpty()) {
                turn.begin(t);
            } else {
                turn.fail(t, it.error());
            }
        }
    }
}
