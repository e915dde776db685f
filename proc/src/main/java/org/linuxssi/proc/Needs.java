package org.linuxssi.proc;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Tells which proxies of a node are needed, from a look at all its processes. */
final class Needs {

    private final Container container;
    private final PidFds descriptors;
    private final Map<Integer, Member> proxies = new HashMap<>();
    private final Set<Integer> reals = new HashSet<>();
    private final Set<Integer> ancestors = new HashSet<>();
    private final Set<Integer> groups = new HashSet<>();
    private final Set<Integer> sessions = new HashSet<>();
    private final Set<Integer> led = new HashSet<>();

    private final ControllingTerminals terminals;

    Needs(Container container, PidFds descriptors, ControllingTerminals terminals, List<Member> members) {
        this.container = container;
        this.descriptors = descriptors;
        this.terminals = terminals;
        for (Member member : members) {
            addLeaders(member);
            if (container.supervisor().isAgent(member.hostPid())) {
                proxies.put(member.pid(), member);
            } else if (!member.zombie()) {
                reals.add(member.pid());
                groups.add(member.numbers().group());
                sessions.add(member.numbers().session());
            }
        }
        members.stream().filter(member -> reals.contains(member.pid())).forEach(this::addAncestors);
    }

    /** The number of a leader stays taken as long as anything is in its group or session: its proxy could not be made again. */
    private void addLeaders(Member member) {
        if (member.numbers().group() != member.pid()) {
            led.add(member.numbers().group());
        }
        if (member.numbers().session() != member.pid()) {
            led.add(member.numbers().session());
        }
    }

    private void addAncestors(Member real) {
        Optional<Member> ancestor =
                Optional.ofNullable(proxies.get(real.numbers().parent()));
        while (ancestor.isPresent() && ancestors.add(ancestor.get().pid())) {
            ancestor = Optional.ofNullable(proxies.get(ancestor.get().numbers().parent()));
        }
    }

    /**
     * Tells whether the proxy of a pid is needed: it reserves a number of this node, somebody waits for it or has a
     * descriptor of it, or a process here is its parent, its descendant, or a member of its group or of the session that it
     * leads, or the terminal of that session is here and used elsewhere.
     */
    boolean needed(int pid) {
        Member proxy = proxies.get(pid);
        return proxy == null
                || container.range().contains(pid)
                || container.init().awaits(pid)
                || reals.contains(proxy.numbers().parent())
                || ancestors.contains(pid)
                || groups.contains(proxy.numbers().group())
                || sessions.contains(pid)
                || descriptors.isOpen(pid)
                || terminals.needs(pid);
    }

    /** Tells whether another proxy, or a zombie, is in the group or session that the pid leads. */
    boolean leads(int pid) {
        return led.contains(pid);
    }
}
