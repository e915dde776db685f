package org.linuxssi.checkpoint;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.linuxssi.tools.Codec;

/**
 * What is to be done with an application.
 *
 * @param pid any of its processes, or its number
 * @param application whether {@code pid} is its number
 * @param uid the user who asks; root may do it with all, others with their own
 * @param steps what is done, in this order
 * @param signal that it gets when it goes on or is to end; 0 for none
 * @param description what the user says about the version
 * @param leavesOut whether files that can't be saved are left out, instead of refused
 * @param keep how many versions are kept, older ones are removed; 0 for all
 */
public record Order(
        int pid,
        boolean application,
        int uid,
        Set<Step> steps,
        int signal,
        String description,
        boolean leavesOut,
        int keep) {

    /** Parts of a checkpoint. */
    public enum Step {
        /** All processes stop. */
        FREEZE,
        /** A version is written. */
        SAVE,
        /** All processes go on. */
        UNFREEZE,
        /** All processes get the signal and go on with it. */
        KILL
    }

    private static final Codec<Step> STEP =
            Codec.of((step, out) -> out.constant(step), in -> in.constant(Step.values()));

    static final Codec<Order> CODEC = Codec.of(
            (order, out) -> out.i32(order.pid)
                    .bool(order.application)
                    .i32(order.uid)
                    .list(List.copyOf(order.steps), STEP)
                    .i8(order.signal)
                    .text(order.description)
                    .bool(order.leavesOut)
                    .i32(order.keep),
            in -> new Order(
                    in.i32(),
                    in.bool(),
                    in.i32(),
                    Set.copyOf(in.list(Step.values().length, STEP)),
                    in.i8(),
                    in.text(Manifest.DESCRIPTION),
                    in.bool(),
                    in.length(Integer.MAX_VALUE)));

    /** Copies the steps. */
    public Order {
        Set<Step> ordered = EnumSet.noneOf(Step.class);
        ordered.addAll(steps);
        steps = ordered;
    }

    boolean has(Step step) {
        return steps.contains(step);
    }
}
