package org.linuxssi.capability;

import java.util.List;
import java.util.stream.Collectors;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.tools.Codec;

/**
 * The four sets of a process, each a sum of {@link Capability#bit bits}.
 *
 * @param permitted what can be in the others
 * @param effective what counts
 * @param inheritablePermitted permitted for its children
 * @param inheritableEffective what counts for its children
 */
public record CapabilitySets(int permitted, int effective, int inheritablePermitted, int inheritableEffective) {

    /** Of the first process, and of all that nobody gave others. */
    static final CapabilitySets FIRST = new CapabilitySets(
            Capability.supported(),
            Capability.CHANGE_KERRIGHED_CAP.bit(),
            Capability.supported(),
            Capability.CHANGE_KERRIGHED_CAP.bit());

    /** The form in messages. */
    public static final Codec<CapabilitySets> CODEC = Codec.of(
            (sets, out) -> out.i32(sets.permitted)
                    .i32(sets.effective)
                    .i32(sets.inheritablePermitted)
                    .i32(sets.inheritableEffective),
            in -> new CapabilitySets(in.i32(), in.i32(), in.i32(), in.i32()));

    /** Returns those of a child that is forked now. */
    CapabilitySets forked() {
        return new CapabilitySets(
                inheritablePermitted,
                inheritableEffective & inheritablePermitted,
                inheritablePermitted,
                inheritableEffective);
    }

    /** Tells whether the capability counts for the process. */
    public boolean has(Capability capability) {
        return (effective & capability.bit()) != 0;
    }

    /** Returns these with one more capability that counts for the process and its children. */
    CapabilitySets with(Capability capability) {
        int bit = capability.bit();
        return new CapabilitySets(
                permitted | bit, effective | bit, inheritablePermitted | bit, inheritableEffective | bit);
    }

    /**
     * Returns these as a user wants to change them: what was not permitted stays so.
     *
     * @throws ErrnoException EINVAL when a set has what the one above it lacks, ENOSYS for capabilities that mean nothing here
     */
    CapabilitySets changedTo(CapabilitySets wanted) {
        require("effective", wanted.effective, "permitted", wanted.permitted);
        require("inheritable permitted", wanted.inheritablePermitted, "permitted", wanted.permitted);
        require(
                "inheritable effective",
                wanted.inheritableEffective,
                "inheritable permitted",
                wanted.inheritablePermitted);
        int strange = wanted.permitted & ~Capability.supported();
        if (strange != 0) {
            throw new ErrnoException("permit " + names(strange) + ", without a meaning in this version", Errno.ENOSYS);
        }
        int kept = permitted & wanted.permitted;
        return new CapabilitySets(
                kept, wanted.effective & kept, wanted.inheritablePermitted & kept, wanted.inheritableEffective & kept);
    }

    private static void require(String name, int set, String above, int bits) {
        int missing = set & ~bits;
        if (missing != 0) {
            throw new ErrnoException(
                    "make " + names(missing) + " " + name + ", which " + (Integer.bitCount(missing) == 1 ? "is" : "are")
                            + " not " + above,
                    Errno.EINVAL);
        }
    }

    private static String names(int bits) {
        List<Capability> known = Capability.of(bits);
        return known.isEmpty()
                ? "0" + Integer.toOctalString(bits)
                : known.stream().map(Capability::name).collect(Collectors.joining(", "));
    }
}
