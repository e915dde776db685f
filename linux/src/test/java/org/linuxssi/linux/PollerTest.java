package org.linuxssi.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class PollerTest {

    private static final int STALE = 20;

    private final Poller poller = new Poller("poller of a test");

    @AfterEach
    void stop() {
        poller.close();
    }

    @Test
    void anActionRunsOnce() {
        Fds.Pipe pipe = Fds.pipe();
        AtomicInteger runs = new AtomicInteger();
        poller.watch(pipe.readEnd(), runs::incrementAndGet);
        Fds.close(pipe.writeEnd());
        await().until(() -> runs.get() == 1);
        assertThat(poller.forget(pipe.readEnd())).isFalse();
        Fds.close(pipe.readEnd());
    }

    @Test
    void whatIsForgottenDoesNothing() {
        Fds.Pipe pipe = Fds.pipe();
        AtomicBoolean ran = new AtomicBoolean();
        poller.watch(pipe.readEnd(), () -> ran.set(true));
        assertThat(poller.forget(pipe.readEnd())).isTrue();
        Fds.close(pipe.writeEnd());
        settle();
        assertThat(ran).isFalse();
        Fds.close(pipe.readEnd());
    }

    /** The first of several that are ready closes the others, whose numbers are given out again at once. */
    @Test
    void anEventOfAClosedDescriptorIsNotForTheNextOneWithItsNumber() {
        CountDownLatch ready = new CountDownLatch(1);
        Fds.Pipe gate = Fds.pipe();
        poller.watch(gate.readEnd(), () -> awaitLatch(ready));
        Fds.Pipe first = Fds.pipe();
        AtomicBoolean mistaken = new AtomicBoolean();
        Fds.Pipe[] stale = new Fds.Pipe[STALE];
        Fds.Pipe[] next = new Fds.Pipe[STALE];
        CountDownLatch replaced = new CountDownLatch(1);
        poller.watch(first.readEnd(), () -> {
            for (int i = 0; i < STALE; i++) {
                poller.forget(stale[i].readEnd());
                Fds.close(stale[i].readEnd());
            }
            for (int i = 0; i < STALE; i++) {
                next[i] = Fds.pipe();
                poller.watch(next[i].readEnd(), () -> mistaken.set(true));
            }
            replaced.countDown();
        });
        for (int i = 0; i < STALE; i++) {
            stale[i] = Fds.pipe();
            poller.watch(stale[i].readEnd(), () -> {});
        }
        Fds.close(gate.writeEnd());
        Fds.close(first.writeEnd());
        for (Fds.Pipe pipe : stale) {
            Fds.close(pipe.writeEnd());
        }
        ready.countDown();
        awaitLatch(replaced);
        settle();
        assertThat(mistaken).isFalse();
        for (Fds.Pipe pipe : next) {
            poller.forget(pipe.readEnd());
            Fds.close(pipe.readEnd());
            Fds.close(pipe.writeEnd());
        }
        Fds.close(gate.readEnd());
        Fds.close(first.readEnd());
    }

    /** What became ready before this is over has been seen to. */
    private void settle() {
        Fds.Pipe last = Fds.pipe();
        CountDownLatch seen = new CountDownLatch(1);
        poller.watch(last.readEnd(), seen::countDown);
        Fds.close(last.writeEnd());
        awaitLatch(seen);
        Fds.close(last.readEnd());
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
