package org.linuxssi.hotplug;

import java.util.Optional;
import java.util.function.Predicate;
import org.linuxssi.hotplug.Agreed.Member;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/** Whether this node agrees to a view that another member wants. */
final class Opinion {

    private final NodeId self;
    private final Watch watch;
    private final Predicate<Agreed> isLarge;

    /**
     * Forms opinions.
     *
     * @param isLarge tells whether the members of a view do not all watch each other
     */
    Opinion(NodeId self, Watch watch, Predicate<Agreed> isLarge) {
        this.self = self;
        this.watch = watch;
        this.isLarge = isLarge;
    }

    /**
     * A member that may rely on this node must not be voted out; it is not told any more that it may. Into a large view nobody comes
     * whom most do not reach, since a few that do may ask for it; nor is somebody voted out of a small one whom most do reach.
     */
    boolean agrees(Optional<Agreed> current, Agreed next) {
        boolean large = current.filter(isLarge).isPresent();
        return switch (next.kind()) {
            case FAIL -> (large || doubted(current, next)) && mayGo(current, next, large);
            case ADD -> !large || next.changed().stream().allMatch(watch::connected);
            case LEAVING, REMOVED, STAY -> true;
        };
    }

    private boolean mayGo(Optional<Agreed> current, Agreed next, boolean large) {
        NodeSet others = next.changed().minus(self);
        if (!large) {
            others.forEach(watch::accused);
        }
        return none(current, others, watch::relied);
    }

    /**
     * Tells whether this node is of the same opinion on those who are to be voted out: one that only the accuser does not reach stays,
     * unless the accuser says so for long, since changes wait for each other's word. Of two nodes none can ask a third.
     */
    private boolean doubted(Optional<Agreed> current, Agreed next) {
        boolean some = current.map(view -> view.members().size() > 2).orElse(false);
        return !some || none(current, next.changed(), member -> member.node().equals(self) || !watch.agrees(member));
    }

    private static boolean none(Optional<Agreed> current, NodeSet among, Predicate<Member> condition) {
        return current.stream()
                .flatMap(view -> view.members().stream())
                .noneMatch(member -> among.contains(member.node()) && condition.test(member));
    }
}
