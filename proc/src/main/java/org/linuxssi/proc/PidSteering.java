package org.linuxssi.proc;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.linuxssi.linux.AgentMemory;
import org.linuxssi.linux.CallTable;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Nr;
import org.linuxssi.tools.Registration;
import org.linuxssi.tools.TimeSource;

/**
 * Keeps the pids that the kernel hands out in the node's range: looks at {@code ns_last_pid} now and then, the more often
 * the faster they are used, and puts it back to the start before the range ends.
 */
final class PidSteering implements AutoCloseable {

    private static final Logger LOG = System.getLogger(PidSteering.class.getName());
    private static final Duration SLOWEST = Duration.ofSeconds(1);
    private static final Duration FASTEST = Duration.ofMillis(50);
    private static final int MARGIN = 4096;
    private static final int LONGEST = 16;

    private final Init init;
    private final int file;
    private final PidRange range;
    private final TimeSource time;
    private int last;
    private volatile boolean closed;
    private volatile Registration timer = () -> {};

    /**
     * Starts to look.
     *
     * @param file init's descriptor of {@code /proc/sys/kernel/ns_last_pid}
     */
    PidSteering(Init init, int file, PidRange range, TimeSource time) {
        this.init = init;
        this.file = file;
        this.range = range;
        this.time = time;
        last = range.first();
        schedule(FASTEST);
    }

    /** Makes the next pid one more than this. */
    static void set(Agent init, int file, int pid) {
        CallTable table = new CallTable();
        byte[] text = Integer.toString(pid).getBytes(StandardCharsets.US_ASCII);
        table.must(Nr.PWRITE64, file, table.bytes(text), text.length, 0);
        init.run(table).join();
    }

    private void schedule(Duration delay) {
        if (!closed) {
            timer = time.after(delay, this::look);
        }
    }

    private void look() {
        CallTable table = new CallTable();
        long text = table.room(LONGEST);
        table.must(Nr.PREAD64, file, text, LONGEST, 0);
        try {
            byte[] digits = init.agent()
                    .run(table, results -> AgentMemory.read(init.agent().hostPid(), text, LONGEST))
                    .join();
            schedule(seen(Integer.parseInt(new String(digits, StandardCharsets.US_ASCII).trim())));
        } catch (ErrnoException | java.util.concurrent.CompletionException gone) {
            LOG.log(Level.DEBUG, "pids are no longer steered: {0}", gone.getMessage());
        }
    }

    private Duration seen(int now) {
        if (now >= range.end() || now < range.first() - 1) {
            LOG.log(Level.WARNING, "pid {0} was handed out outside the range of node {1}", now, range.node());
        }
        if (now >= range.end() - MARGIN || now < range.first() - 1) {
            set(init.agent(), file, range.first() - 1);
            last = range.first();
            return FASTEST;
        }
        boolean fast = Math.abs(now - last) > 256;
        last = now;
        return fast ? FASTEST : SLOWEST;
    }

    @Override
    public void close() {
        closed = true;
        timer.close();
    }
}
