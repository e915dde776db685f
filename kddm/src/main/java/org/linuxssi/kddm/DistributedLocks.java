package org.linuxssi.kddm;

import java.time.Duration;
import java.util.Optional;
import org.linuxssi.kddm.KddmException.Kind;
import org.linuxssi.kddm.spi.CodecLinker;
import org.linuxssi.kddm.spi.SetId;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.Registration;

/**
 * Locks by number that exclude all other holders in the cluster, first come first served. A lock whose holder's node dies is
 * free again. A thread must not take a lock twice.
 */
public final class DistributedLocks {

    private final KddmSet<Codec.Nothing> set;

    DistributedLocks(KddmSet<Codec.Nothing> set) {
        this.set = set;
    }

    static SetSpec<Codec.Nothing> spec() {
        return SetSpec.of(
                SetId.of(SetId.KDDM, 5), "kddm-lock", new CodecLinker<>(Codec.NOTHING, _ -> Codec.Nothing.NOTHING) {
                    @Override
                    public Optional<Codec.Nothing> recover(long object, NodeSet failed) {
                        return Optional.of(Codec.Nothing.NOTHING);
                    }
                });
    }

    /**
     * Takes the lock; closing the result frees it.
     *
     * @throws KddmException of kind DEADLINE or INTERRUPTED
     */
    public Registration lock(long number, Duration deadline) {
        return set.grab(number, deadline)::close;
    }

    /** Takes the lock for readers, who exclude writers only. */
    public Registration lockShared(long number, Duration deadline) {
        return set.get(number, deadline)::close;
    }

    /** Takes the lock if it is free. */
    public Optional<Registration> tryLock(long number) {
        try {
            return Optional.of(set.tryGrab(number)::close);
        } catch (KddmException e) {
            if (e.kind() == Kind.BUSY) {
                return Optional.empty();
            }
            throw e;
        }
    }
}
