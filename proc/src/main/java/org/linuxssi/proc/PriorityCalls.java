package org.linuxssi.proc;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntBinaryOperator;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.proc.ProcServices.Priority;
import org.linuxssi.proc.ProcServices.Whose;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.Registration;

/**
 * {@code getpriority(2)}, {@code setpriority(2)}, {@code ioprio_get(2)} and {@code ioprio_set(2)}: of a process where it
 * is, of a group or user on all nodes. Every node goes over its own threads; the answers are put together as the kernel
 * puts together those of its threads.
 */
final class PriorityCalls {

    private static final Duration DEADLINE = Duration.ofSeconds(5);
    private static final int NO_PROCESS = -Errno.ESRCH.number();
    private static final int AT_ONCE = 150;

    private static final List<Integer> NUMBERS = List.of(Nr.GETPRIORITY, Nr.SETPRIORITY, Nr.IOPRIO_GET, Nr.IOPRIO_SET);

    private final Container container;
    private final Rpc rpc;
    private final Supplier<NodeSet> online;
    private final Deputy deputy;
    private final RemoteCalls remote;

    PriorityCalls(Container container, Rpc rpc, Supplier<NodeSet> online, Deputy deputy, RemoteCalls remote) {
        this.container = container;
        this.rpc = rpc;
        this.online = online;
        this.deputy = deputy;
        this.remote = remote;
    }

    List<Registration> serve() {
        List<Registration> all = new ArrayList<>();
        NUMBERS.forEach(number -> all.add(container.supervisor().handle(number, this::handle)));
        all.add(rpc.serve(ProcServices.PRIORITY, (from, priority) -> here(priority)));
        return all;
    }

    static boolean isOne(int number) {
        return NUMBERS.contains(number);
    }

    private static boolean ofNice(int number) {
        return number == Nr.GETPRIORITY || number == Nr.SETPRIORITY;
    }

    /** {@code PRIO_PROCESS} and so on count from 0 ({@code linux/resource.h}), {@code IOPRIO_WHO_PROCESS} from 1. */
    private static int process(int number) {
        return ofNice(number) ? 0 : 1;
    }

    private void handle(NotifiedCall call) {
        int which = call.word(0) - process(call.number());
        if (which == 0) {
            remote.handle(call);
        } else if (which < 0 || which > Whose.values().length || others().isEmpty()) {
            call.proceed();
        } else {
            KillCalls.later(call, () -> spread(call, Whose.values()[which - 1]));
        }
    }

    private NodeSet others() {
        return online.get().minus(rpc.self());
    }

    private void spread(NotifiedCall call, Whose whose) {
        Sender sender = Sender.of(container, call.hostThread());
        int who = call.word(1);
        int id = who != 0 ? who : whose == Whose.USER ? sender.uid() : groupOf(sender);
        boolean sets = call.number() == Nr.SETPRIORITY || call.number() == Nr.IOPRIO_SET;
        Priority priority = new Priority(call.number(), whose, id, sets ? call.word(2) : 0, sender);
        List<CompletableFuture<Integer>> answers = new ArrayList<>();
        for (NodeId node : others()) {
            answers.add(rpc.ask(node, ProcServices.PRIORITY, priority, DEADLINE).exceptionally(lost -> NO_PROCESS));
        }
        int result = here(priority);
        for (CompletableFuture<Integer> answer : answers) {
            result = both(call.number()).applyAsInt(result, answer.join());
        }
        if (result != NO_PROCESS || isMeantHere(priority)) {
            call.succeed(result);
        }
    }

    /** Tells whether the kernel, which knows what is wrong with a call besides, would find somebody; agents count. */
    private boolean isMeantHere(Priority priority) {
        return Member.all(container).stream().anyMatch(member -> means(priority, member));
    }

    private int groupOf(Sender sender) {
        return Member.withPid(container.numbers(), sender.pid())
                .map(member -> member.numbers().group())
                .orElseThrow(() -> new ErrnoException("read the caller", Errno.ESRCH));
    }

    private int here(Priority priority) {
        if (!isOne(priority.number())) {
            return -Errno.ENOSYS.number();
        }
        int[] threads = Member.all(container).stream()
                .filter(member -> !container.supervisor().isAgent(member.hostPid()) && means(priority, member))
                .flatMapToInt(member -> threads(member.hostPid()))
                .toArray();
        int result = NO_PROCESS;
        for (int from = 0; from < threads.length; from += AT_ONCE) {
            result = both(priority.number()).applyAsInt(result, here(priority, threads, from));
        }
        return result;
    }

    private static boolean means(Priority priority, Member member) {
        return switch (priority.whose()) {
            case GROUP -> member.numbers().group() == priority.id();
            case USER -> member.numbers().uid() == priority.id();
        };
    }

    private IntStream threads(int hostPid) {
        try {
            return ProcFiles.threads(hostPid).stream()
                    .map(container.numbers()::fromHost)
                    .flatMap(Optional::stream)
                    .mapToInt(Integer::intValue);
        } catch (ErrnoException gone) {
            return IntStream.empty();
        }
    }

    private int here(Priority priority, int[] threads, int from) {
        Deputy.Errand errand = deputy.errand(priority.sender());
        int count = Math.min(AT_ONCE, threads.length - from);
        for (int i = 0; i < count; i++) {
            errand.table().may(priority.number(), process(priority.number()), threads[from + i], priority.value());
        }
        return ProxyFactory.await(errand.run(results -> IntStream.range(0, count)
                .map(i -> (int) results[Deputy.Errand.FIRST + i])
                .reduce(NO_PROCESS, both(priority.number()))));
    }

    /** Returns how the results of two sets of threads make one: the best nice value tells as the largest number. */
    private static IntBinaryOperator both(int number) {
        return number == Nr.GETPRIORITY
                ? (one, other) -> found(one, other, Math.max(one, other))
                : (one, other) -> found(one, other, Math.min(one, other));
    }

    /** What is not there does not count; an error of a thread makes the whole call fail. */
    private static int found(int one, int other, int together) {
        if (one == NO_PROCESS) {
            return other;
        }
        return other == NO_PROCESS ? one : together;
    }
}
