package org.linuxssi.kddm;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.linuxssi.hotplug.Hotplug;
import org.linuxssi.kddm.Announcement.Claim;
import org.linuxssi.kddm.Message.Mode;
import org.linuxssi.kddm.Message.Outcome;
import org.linuxssi.kddm.Message.Want;
import org.linuxssi.rpc.Handler;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.Registration;

/** Ways to break the protocol, each by what one node's messages say or do; the simulation has to find them all. */
enum Mutation {
    /** The protocol as it is. */
    NONE,

    /**
     * The protocol as it is; but of what belongs to reads by hints a third gets lost, and the rest comes late and in another order, as do the
     * words of homes to their stand-ins, and who wants to write often says that it has a copy when it has none.
     */
    LATE_AND_LOST {
        @Override
        Optional<Message> outgoing(Spoiler at, Message message) {
            if (message instanceof Message.Request m && m.want() == Want.WRITE && at.next() % 2 == 0) {
                return Optional.of(claimingCopy(m));
            }
            return ofHints(message) && at.next() % 3 == 0 ? Optional.empty() : Optional.of(message);
        }

        private Message claimingCopy(Message.Request m) {
            return new Message.Request(
                    m.set(),
                    m.object(),
                    m.request(),
                    m.want(),
                    m.flags() | Message.HAS_COPY,
                    m.placement(),
                    m.destination());
        }

        @Override
        Duration delay(Spoiler at, Message message) {
            boolean late = ofHints(message) || message instanceof Message.Exists;
            return late ? Duration.ofMillis(at.next() % 13) : Duration.ZERO;
        }
    },

    /** A copy is said to be dropped and stays. */
    SKIP_INVALIDATION {
        @Override
        Optional<Message> incoming(Spoiler at, NodeId from, Single it) {
            if (it.message() instanceof Message.Invalidate m && !m.removal()) {
                at.send(from, it.epoch(), new Message.Invalidated(m.set(), m.object(), m.seq(), false));
                return Optional.empty();
            }
            return Optional.of(it.message());
        }
    },

    /** A copy is said to be dropped a little before it is. */
    ACKNOWLEDGE_EARLY {
        @Override
        Optional<Message> incoming(Spoiler at, NodeId from, Single it) {
            if (it.message() instanceof Message.Invalidate m && !m.removal()) {
                at.send(from, it.epoch(), new Message.Invalidated(m.set(), m.object(), m.seq(), false));
                at.later(from, it, Duration.ofMillis(20));
                return Optional.empty();
            }
            return Optional.of(it.message());
        }
    },

    /** The word that a copy was dropped gets lost, each time. */
    DROP_ACKNOWLEDGEMENT {
        @Override
        Optional<Message> outgoing(Spoiler at, Message message) {
            return message instanceof Message.Invalidated ? Optional.empty() : Optional.of(message);
        }
    },

    /** A backup is confirmed and not kept. */
    BACKUP_NOT_KEPT {
        @Override
        Optional<Message> incoming(Spoiler at, NodeId from, Single it) {
            if (it.message() instanceof Message.Backup m) {
                at.send(from, it.epoch(), new Message.BackedUp(m.set(), m.object(), m.push()));
                return Optional.empty();
            }
            return Optional.of(it.message());
        }
    },

    /** All versions of an object have the same number. */
    REUSE_VERSION {
        @Override
        Optional<Message> outgoing(Spoiler at, Message message) {
            return Optional.of(
                    message instanceof Message.Backup m
                            ? new Message.Backup(
                                    m.set(), m.object(), m.push(), 1, m.seq(), m.placement(), m.durable(), m.data())
                            : message);
        }
    },

    /** Who has no copy of an object does not forget its backup when the object is removed. */
    KEEP_REMOVED {
        @Override
        Optional<Message> incoming(Spoiler at, NodeId from, Single it) {
            if (it.message() instanceof Message.Invalidate m && m.removal()) {
                return Optional.of(new Message.Invalidate(
                        m.set(), m.object(), m.seq(), false, false, m.placement(), m.heir(), m.request()));
            }
            return Optional.of(it.message());
        }
    },

    /** The home is not told of a reader. */
    FORGET_READER {
        @Override
        Optional<Message> outgoing(Spoiler at, Message message) {
            boolean forget = message instanceof Message.Done m && m.taken() && at.reading.remove(m.seq()) != null;
            return Optional.of(
                    forget && message instanceof Message.Done m
                            ? new Message.Done(m.set(), m.object(), m.seq(), m.present(), false, m.owns(), m.error())
                            : message);
        }

        @Override
        Optional<Message> incoming(Spoiler at, NodeId from, Single it) {
            if (it.message() instanceof Message.Grant m && m.outcome() == Outcome.READ_COPY) {
                at.reading.put(m.seq(), m);
            }
            return Optional.of(it.message());
        }
    },

    /** The home is not told that ownership went to a reader. */
    FORGET_MIGRATION {
        @Override
        Optional<Message> outgoing(Spoiler at, Message message) {
            return Optional.of(
                    message instanceof Message.Done m
                            ? new Message.Done(m.set(), m.object(), m.seq(), m.present(), m.taken(), false, m.error())
                            : message);
        }
    },

    /** One node takes itself for the home of an object. */
    WRONG_HOME {
        @Override
        NodeId receiver(Spoiler at, NodeId to, Message message) {
            boolean stray = message instanceof Message.Request m
                    && m.set() == Simulation.SET.key()
                    && at.rpc.self().value() == 1;
            return stray ? at.rpc.self() : to;
        }
    },

    /** A node does not tell the new homes of its backups. */
    HIDE_BACKUPS {
        @Override
        Announce announced(Announce it) {
            return without(Claim.BACKUP, it);
        }
    },

    /** A node does not tell the new homes what it owns. */
    HIDE_OWNERSHIP {
        @Override
        Announce announced(Announce it) {
            return without(Claim.OWNER, it);
        }
    },

    /** A node does not tell the new homes which removals were carried out. */
    HIDE_REMOVALS {
        @Override
        Announce announced(Announce it) {
            List<Announcement> others = it.list().stream()
                    .filter(one -> !one.claim().ofRequest())
                    .map(one -> one.claim() == Claim.REMOVED ? withoutRequest(one) : one)
                    .toList();
            return new Announce(it.epoch(), it.shadows(), it.part(), it.parts(), others);
        }
    },

    /** A node that is cut off goes on. */
    IGNORE_PAUSE {
        @Override
        Hotplug spoil(Hotplug hotplug) {
            return (Hotplug) Proxy.newProxyInstance(
                    Hotplug.class.getClassLoader(), new Class<?>[] {Hotplug.class}, (_, method, args) -> {
                        if (method.getName().equals("onPause")) {
                            return (Registration) () -> {};
                        }
                        if (method.getName().equals("trusted")) {
                            return true;
                        }
                        return invoke(method, hotplug, args);
                    });
        }
    },

    /** Readers get what they got before. */
    OLD_DATA {
        @Override
        Optional<Message> outgoing(Spoiler at, Message message) {
            if (message instanceof Message.Grant m
                    && m.set() == Simulation.SET.key()
                    && m.outcome() == Outcome.READ_COPY) {
                Message.Grant first = at.reading.computeIfAbsent(m.object(), _ -> m);
                return Optional.of(new Message.Grant(
                        m.set(),
                        m.object(),
                        m.seq(),
                        m.request(),
                        m.outcome(),
                        m.version(),
                        m.placement(),
                        m.safe(),
                        first.data()));
            }
            return Optional.of(message);
        }
    },

    /** The owner hands over while the object is held. */
    IGNORE_HOLDS {
        @Override
        Optional<Message> incoming(Spoiler at, NodeId from, Single it) {
            return Optional.of(
                    it.message() instanceof Message.Supply m && m.mode() == Mode.WRITE
                            ? new Message.Supply(
                                    m.set(),
                                    m.object(),
                                    m.seq(),
                                    Mode.READ,
                                    m.requester(),
                                    m.request(),
                                    m.placement(),
                                    m.shared(),
                                    m.attempt())
                            : it.message());
        }
    },

    /** A store is said to have what it is only told to write. */
    ACKNOWLEDGE_UNSTORED {
        @Override
        Optional<Message> incoming(Spoiler at, NodeId from, Single it) {
            if (it.message() instanceof Message.Backup m
                    && m.durable()
                    && m.placement() == at.rpc.self().value()) {
                at.send(from, it.epoch(), new Message.BackedUp(m.set(), m.object(), m.push()));
            }
            return Optional.of(it.message());
        }
    },

    /** The home is not told to look into its store for what nobody has in memory. */
    IGNORE_STORE {
        @Override
        Optional<Message> outgoing(Spoiler at, Message message) {
            return Optional.of(
                    message instanceof Message.Request m
                            ? new Message.Request(
                                    m.set(),
                                    m.object(),
                                    m.request(),
                                    m.want(),
                                    m.flags() & ~Message.DURABLE,
                                    m.placement(),
                                    m.destination())
                            : message);
        }
    },

    /** A full cache drops the last copy of an object. */
    DROP_LAST_COPY {
        @Override
        Optional<Message> outgoing(Spoiler at, Message message) {
            boolean evicts = message instanceof Message.Request m
                    && m.want() == Want.FLUSH
                    && m.destination() != Message.ANY_NODE;
            return Optional.of(
                    evicts && message instanceof Message.Request m
                            ? new Message.Request(
                                    m.set(),
                                    m.object(),
                                    m.request(),
                                    Want.REMOVE,
                                    m.flags(),
                                    m.placement(),
                                    m.destination())
                            : message);
        }
    },

    /** A last copy that a full cache sends away is confirmed where it arrives, and not kept. */
    INJECTION_NOT_KEPT {
        @Override
        Optional<Message> incoming(Spoiler at, NodeId from, Single it) {
            if (it.message() instanceof Message.Grant m && m.outcome() == Outcome.OWNER && m.request() == 0) {
                at.deliver(from, it);
                return Optional.of(new Message.Invalidate(
                        m.set(), m.object(), m.seq(), false, false, m.placement(), Message.ANY_NODE, 0));
            }
            return Optional.of(it.message());
        }
    },

    /** The word of readers that asked the owner gets lost, each time. */
    DROP_READERS {
        @Override
        Optional<Message> outgoing(Spoiler at, Message message) {
            return message instanceof Message.Readers ? Optional.empty() : Optional.of(message);
        }
    },

    /** The home is not told of readers that asked the owner, and the owner goes on as if it had been. */
    HIDE_READERS {
        @Override
        Optional<Message> outgoing(Spoiler at, Message message) {
            if (message instanceof Message.Readers m && m.deferred() == 0) {
                at.deliver(
                        at.rpc.self(), new Single(at.epoch, new Message.Registered(m.set(), m.object(), m.number())));
                return Optional.empty();
            }
            return Optional.of(message);
        }
    },

    /** The owner lets ownership go, or writes, though the home may not know of all readers yet, since it is told late. */
    MOVE_BEFORE_READERS {
        @Override
        Duration delay(Spoiler at, Message message) {
            return message instanceof Message.Readers m && m.deferred() == 0 ? Duration.ofMillis(5) : Duration.ZERO;
        }

        @Override
        Optional<Message> outgoing(Spoiler at, Message message) {
            if (message instanceof Message.Readers m) {
                at.numbers.put(m.object(), m.number());
            }
            return Optional.of(message);
        }

        @Override
        Optional<Message> incoming(Spoiler at, NodeId from, Single it) {
            boolean moves =
                    switch (it.message()) {
                        case Message.Supply m -> m.mode() != Mode.READ && m.mode() != Mode.SYNC;
                        case Message.Grant m -> m.outcome() == Outcome.UPGRADE;
                        default -> false;
                    };
            Long number = at.numbers.get(it.message().object());
            if (moves && number != null) {
                Message all =
                        new Message.Registered(it.message().set(), it.message().object(), number);
                at.deliver(from, new Single(it.epoch(), all));
            }
            return Optional.of(it.message());
        }
    },

    /** What homes say to their stand-ins comes late and in another order, and the last word counts. */
    LAST_WORD_COUNTS {
        @Override
        Duration delay(Spoiler at, Message message) {
            boolean overtaken = message instanceof Message.Exists m && !m.present();
            return overtaken ? Duration.ofMillis(20) : Duration.ZERO;
        }

        @Override
        Optional<Message> incoming(Spoiler at, NodeId from, Single it) {
            return Optional.of(
                    it.message() instanceof Message.Exists m
                            ? new Message.Exists(
                                    m.set(), m.object(), m.present(), m.placement(), m.owner(), m.seq(), at.words++)
                            : it.message());
        }
    },

    /** A reader takes a copy from the owner that was sent before the one that it dropped. */
    TAKE_OUTDATED {
        @Override
        Optional<Message> incoming(Spoiler at, NodeId from, Single it) {
            if (it.message() instanceof Message.Invalidate m) {
                at.numbers.merge(m.object(), m.seq(), Math::max);
            }
            if (it.message() instanceof Message.Shared m) {
                return Optional.of(new Message.Shared(
                        m.set(),
                        m.object(),
                        Math.max(m.seq(), at.numbers.getOrDefault(m.object(), 0L)),
                        m.request(),
                        m.version(),
                        m.placement(),
                        m.data()));
            }
            return Optional.of(it.message());
        }
    };

    /** Returns what is sent instead. */
    Optional<Message> outgoing(Spoiler at, Message message) {
        return Optional.of(message);
    }

    /** Returns what arrives instead. */
    Optional<Message> incoming(Spoiler at, NodeId from, Single it) {
        return Optional.of(it.message());
    }

    /** Returns how much later it is sent. */
    Duration delay(Spoiler at, Message message) {
        return Duration.ZERO;
    }

    private static boolean ofHints(Message message) {
        return message instanceof Message.Hinted
                || message instanceof Message.Shared
                || message instanceof Message.Readers
                || message instanceof Message.Registered;
    }

    private static Announcement withoutRequest(Announcement it) {
        return new Announcement(
                it.set(), it.object(), it.placement(), it.claim(), Announcement.NO_REQUEST, it.heir(), it.seq());
    }

    private static Announce without(Claim claim, Announce it) {
        List<Announcement> fewer = it.list().stream()
                .filter(one -> one.claim() != claim || one.set() != Simulation.SET.key())
                .toList();
        return new Announce(it.epoch(), it.shadows(), it.part(), it.parts(), fewer);
    }

    NodeId receiver(Spoiler at, NodeId to, Message message) {
        return to;
    }

    Announce announced(Announce it) {
        return it;
    }

    Hotplug spoil(Hotplug hotplug) {
        return hotplug;
    }

    Rpc spoil(Rpc rpc) {
        return this == NONE ? rpc : new Spoiler(this, rpc).proxy();
    }

    private static @Nullable Object invoke(java.lang.reflect.Method method, Object target, Object @Nullable [] args)
            throws Throwable {
        try {
            return method.invoke(target, args);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    /** A message that comes. */
    record Single(long epoch, Message message) {}

    /** The messages of one node. */
    static final class Spoiler {
        final Map<Long, Message.Grant> reading = new HashMap<>();
        /** Of messages by object. */
        final Map<Long, Long> numbers = new HashMap<>();
        /** Of what is being sent. */
        long epoch;
        /** How many words of homes came. */
        long words;

        private final Random random = new Random(1);

        final Rpc rpc;
        private final Mutation mutation;
        private @Nullable Handler<Envelope, Codec.Nothing> handler;

        Spoiler(Mutation mutation, Rpc rpc) {
            this.mutation = mutation;
            this.rpc = rpc;
        }

        void send(NodeId to, long epoch, Message message) {
            rpc.send(to, Engine.OBJECT, new Envelope(epoch, message));
        }

        int next() {
            return random.nextInt(1 << 16);
        }

        void later(NodeId from, Single it, Duration delay) {
            rpc.time().after(delay, () -> deliver(from, it));
        }

        private void deliver(NodeId from, Single it) {
            Handler<Envelope, Codec.Nothing> known = handler;
            if (known != null) {
                try {
                    known.handle(from, new Envelope(it.epoch(), it.message()));
                } catch (Exception impossible) {
                    throw new IllegalStateException(impossible);
                }
            }
        }

        Rpc proxy() {
            return (Rpc) Proxy.newProxyInstance(
                    Rpc.class.getClassLoader(), new Class<?>[] {Rpc.class}, (_, method, args) -> {
                        if (args != null && args.length > 1 && args[1] instanceof Handler<?, ?> real) {
                            if (args[0] == Engine.OBJECT) {
                                return serve(real);
                            }
                        } else if (args != null && args.length == 3 && args[2] instanceof Envelope it) {
                            sendSpoiled((NodeId) args[0], it);
                            return null;
                        } else if (args != null && args.length > 2 && args[2] instanceof Announce it) {
                            Object[] changed = args.clone();
                            changed[2] = mutation.announced(it);
                            return invoke(method, rpc, changed);
                        }
                        return invoke(method, rpc, args);
                    });
        }

        @SuppressWarnings("unchecked")
        private Registration serve(Handler<?, ?> real) {
            handler = (Handler<Envelope, Codec.Nothing>) real;
            return rpc.serve(Engine.OBJECT, (from, it) -> {
                for (Message message : it.messages()) {
                    mutation.incoming(this, from, new Single(it.epoch(), message))
                            .ifPresent(changed -> deliver(from, new Single(it.epoch(), changed)));
                }
                return Codec.Nothing.NOTHING;
            });
        }

        private void sendLater(NodeId to, long sent, Message message) {
            NodeId receiver = mutation.receiver(this, to, message);
            Duration delay = mutation.delay(this, message);
            if (delay.isZero()) {
                send(receiver, sent, message);
            } else {
                rpc.time().after(delay, () -> send(receiver, sent, message));
            }
        }

        private void sendSpoiled(NodeId to, Envelope it) {
            epoch = it.epoch();
            for (Message message : it.messages()) {
                mutation.outgoing(this, message).ifPresent(changed -> sendLater(to, it.epoch(), changed));
            }
        }
    }
}
