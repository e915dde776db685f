package org.linuxssi.proc;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/** Numbers of agents that were dismissed and of processes that have ended, until somebody has taken notice. */
final class Departed {

    private static final Duration LIMIT = Duration.ofSeconds(2);
    private static final Duration STEP = Duration.ofNanos(200_000);

    private Departed() {}

    /** Waits until the number of something on its way out is free; false when it stays in use. */
    static boolean awaitFree(Container container, Proxies proxies, int pid) {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (container.numbers().toHost(pid).isPresent()) {
            if (System.nanoTime() > end || !leaving(container, proxies, pid)) {
                return false;
            }
            LockSupport.parkNanos(STEP.toNanos());
        }
        return true;
    }

    private static boolean leaving(Container container, Proxies proxies, int pid) {
        Optional<Proxy> proxy = proxies.get(pid);
        return proxy.map(Proxy::dismissed).orElseGet(() -> Member.withPid(container.numbers(), pid)
                .map(Member::zombie)
                .orElse(true));
    }
}
