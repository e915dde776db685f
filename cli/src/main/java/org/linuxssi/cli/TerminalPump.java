package org.linuxssi.cli;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.linuxssi.linux.DescriptorIo;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Terminals;

/**
 * Carries bytes between this command's terminal, which is raw meanwhile, and the master of the program's terminal.
 *
 * <p>The terminal gets its settings back by {@link #close()} and by any end of this process but SIGKILL.
 */
final class TerminalPump implements AutoCloseable {

    private static final int CHUNK = 65536;
    private static final byte END_OF_FILE = 4;

    /** The kernel hands written bytes to the master a moment later; a background program can keep it from closing. */
    private static final int PATIENCE_MILLIS = 50;

    /** A terminal of another node comes as a socket, whose end follows the last output. */
    private static final int REMOTE_PATIENCE_MILLIS = 3000;

    private final int master;
    private final int[] wake = DescriptorIo.pipe();
    private final Optional<byte[]> saved;
    private final AtomicBoolean restored = new AtomicBoolean();
    private final Thread output;
    private final Thread hook = new Thread(this::restore, "terminal-restore");

    private TerminalPump(int master) {
        this.master = master;
        saved = Terminals.isTerminal(0) ? Optional.of(Terminals.modes(0)) : Optional.empty();
        output = Thread.ofPlatform().daemon().name("terminal-output").unstarted(this::copyOutput);
    }

    /**
     * Makes the terminal raw and begins to carry.
     *
     * @param master taken over
     */
    static TerminalPump start(int master) {
        TerminalPump pump = new TerminalPump(master);
        Runtime.getRuntime().addShutdownHook(pump.hook);
        pump.saved.ifPresent(modes -> Terminals.modesAfterOutput(0, Terminals.raw(modes)));
        pump.output.start();
        Thread.ofPlatform().daemon().name("terminal-input").start(pump::copyInput);
        return pump;
    }

    private void copyInput() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(CHUNK);
            int count = DescriptorIo.read(0, buffer);
            while (count > 0) {
                DescriptorIo.write(master, buffer.asSlice(0, count));
                count = DescriptorIo.read(0, buffer);
            }
            DescriptorIo.write(master, arena.allocateFrom(ValueLayout.JAVA_BYTE, END_OF_FILE));
        } catch (ErrnoException _) {
            return; // the program's terminal is gone: the exit status tells the rest
        }
    }

    private void copyOutput() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(CHUNK);
            boolean ending = false;
            int patience = Terminals.isTerminal(master) ? PATIENCE_MILLIS : REMOTE_PATIENCE_MILLIS;
            while (true) {
                boolean[] ready =
                        ending ? DescriptorIo.readable(patience, master) : DescriptorIo.readable(-1, master, wake[0]);
                ending = ending || ready[1];
                if (ready[0]) {
                    int count = DescriptorIo.read(master, buffer);
                    if (count == 0) {
                        return;
                    }
                    DescriptorIo.write(1, buffer.asSlice(0, count));
                } else if (ending) {
                    return;
                }
            }
        } catch (ErrnoException _) {
            return; // EIO: nobody has the program's terminal open any more
        }
    }

    /** Waits until all that the program has written is out; it has ended. */
    void drain() {
        try (Arena arena = Arena.ofConfined()) {
            DescriptorIo.write(wake[1], arena.allocate(1));
        }
        try {
            output.join();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void restore() {
        if (restored.compareAndSet(false, true)) {
            saved.ifPresent(modes -> Terminals.modesAfterOutput(0, modes));
        }
    }

    /** Gives the terminal its settings back. */
    @Override
    public void close() {
        restore();
    }
}
