package org.linuxssi.proc;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.linuxssi.tools.TimeSource;

/** Lets proxies go that a node does not need. Used under the table's lock. */
final class Tidying {

    private static final Duration LATER = Duration.ofMillis(50);
    private static final int ROUNDS = 20;

    private final Container container;
    private final TimeSource time;
    private final Proxies proxies;
    private final PidFds descriptors;
    private final Tidings tidings;
    private final ControllingTerminals terminals;
    private final Runnable again;
    private int rounds;
    private boolean scheduled;

    /**
     * Tidies the proxies of a container.
     *
     * @param again has {@link #lookAgain} called in its turn
     */
    Tidying(
            Container container,
            TimeSource time,
            Proxies proxies,
            PidFds descriptors,
            Tidings tidings,
            ControllingTerminals terminals,
            Runnable again) {
        this.terminals = terminals;
        this.container = container;
        this.time = time;
        this.proxies = proxies;
        this.descriptors = descriptors;
        this.tidings = tidings;
        this.again = again;
    }

    /** Dismisses what is not needed. The leader of a group goes a little later, when its members have gone. */
    void run() {
        rounds = ROUNDS;
        look();
    }

    /**
     * Looks once more after leaders whose members were about to go.
     *
     * @param possible whether this is a moment to dismiss anything
     */
    void lookAgain(boolean possible) {
        scheduled = false;
        if (rounds > 0 && possible) {
            rounds--;
            look();
        }
    }

    private void look() {
        if (proxies.isEmpty()) {
            return;
        }
        Set<Integer> keepers = terminals.keepers();
        List<Member> members = Member.all(container).stream()
                .filter(member -> !keepers.contains(member.pid()))
                .toList();
        Needs needs = new Needs(container, descriptors, terminals, members);
        boolean leaders = false;
        for (Proxy proxy : proxies.all()) {
            if (!proxy.dismissed() && !needs.needed(proxy.pid())) {
                leaders |= needs.leads(proxy.pid());
                if (!needs.leads(proxy.pid())) {
                    terminals.release(proxy.agent());
                    proxy.dismiss();
                    tidings.tell(proxy.pid(), false);
                }
            }
        }
        if (leaders && !scheduled) {
            scheduled = true;
            time.after(LATER, again);
        }
    }
}
