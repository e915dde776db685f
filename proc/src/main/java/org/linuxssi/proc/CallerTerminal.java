package org.linuxssi.proc;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.linuxssi.linux.AgentMemory;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.ProcFilesStat;
import org.linuxssi.linux.Signals;
import org.linuxssi.linux.Terminals;
import org.linuxssi.tools.Registration;

/**
 * Calls on controlling terminals of sessions that are spread over nodes: {@code tcsetpgrp}, {@code tcgetpgrp}, and {@code
 * tcgetattr}, which must not show that a terminal is a stand-in: programs save what they get and set it at home.
 */
final class CallerTerminal {

    /** Field of {@code /proc/PID/stat}: the process group, in the host's numbers. */
    static final int GROUP_FIELD = 5;

    /** Field of {@code /proc/PID/stat}: device number of the controlling terminal. */
    static final int TERMINAL_FIELD = 7;

    /** Field of {@code /proc/PID/stat}: the foreground group of the terminal, in the host's numbers. */
    static final int FOREGROUND_FIELD = 8;

    /** Device number of {@code /dev/tty} ({@code linux/major.h}). */
    static final long DEV_TTY = 0x500;

    private final Container container;
    private final ControllingTerminals terminals;

    CallerTerminal(Container container, ControllingTerminals terminals) {
        this.container = container;
        this.terminals = terminals;
    }

    List<Registration> serve() {
        return List.of(container.supervisor().handleAll(Nr.IOCTL, this::handle));
    }

    private void handle(NotifiedCall call) {
        long request = call.argument(1) & 0xffff_ffffL;
        if (request == Terminals.TCGETS || request == Terminals.TCGETS2) {
            modes(call, request);
        } else if (terminals.isEmpty() || !container.numbers().areThoseOf(call.hostThread())) {
            call.proceed();
        } else {
            KillCalls.later(call, () -> answer(call));
        }
    }

    private void modes(NotifiedCall call, long request) {
        if (!terminals.hasStandIns()) {
            call.proceed();
            return;
        }
        KillCalls.later(call, () -> ProcFilesStat.known(path(call))
                .flatMap(status -> terminals.standIn(status.special(), call.hostThread()))
                .ifPresent(terminal -> {
                    byte[] modes = terminal.modes(request);
                    if (call.valid()) {
                        AgentMemory.write(call.hostThread(), call.argument(2), modes);
                        call.succeed(0);
                    }
                }));
    }

    private static String path(NotifiedCall call) {
        return "/proc/" + call.hostThread() + "/fd/" + call.word(0);
    }

    /** What is not answered here is carried out by the kernel. */
    private void answer(NotifiedCall call) {
        try {
            Map<String, String> thread = ProcFiles.status(Integer.toString(call.hostThread()));
            ProcFiles.Stat stat = ProcFiles.stat(thread.getOrDefault("Tgid", "0"));
            Optional<SharedTerminal> terminal = Member.of(container.numbers(), call.hostThread())
                    .flatMap(member -> terminals.of(member.numbers().session()))
                    .filter(one -> one.device() == stat.field(TERMINAL_FIELD))
                    .filter(one -> refersTo(call, one));
            if (terminal.isPresent() && call.argument(1) == Terminals.TIOCGPGRP) {
                get(call, terminal.get());
            } else if (terminal.isPresent() && !wouldStop(thread, stat)) {
                set(call, terminal.get());
            }
        } catch (ErrnoException asTheKernelSays) {
            call.proceed();
        }
    }

    private static boolean refersTo(NotifiedCall call, SharedTerminal terminal) {
        return ProcFilesStat.known(path(call))
                .filter(status -> status.special() == terminal.device() || status.special() == DEV_TTY)
                .isPresent();
    }

    /** A background process that neither blocks nor ignores SIGTTOU is stopped by it. */
    private static boolean wouldStop(Map<String, String> thread, ProcFiles.Stat stat) {
        long deaf = mask(thread, "SigBlk") | mask(thread, "SigIgn");
        return stat.field(GROUP_FIELD) != stat.field(FOREGROUND_FIELD) && (deaf & (1L << (Signals.SIGTTOU - 1))) == 0;
    }

    private static long mask(Map<String, String> status, String name) {
        return Long.parseUnsignedLong(status.getOrDefault(name, "0"), 16);
    }

    private void set(NotifiedCall call, SharedTerminal terminal) {
        int group = ByteBuffer.wrap(AgentMemory.read(call.hostThread(), call.argument(2), Integer.BYTES))
                .order(ByteOrder.LITTLE_ENDIAN)
                .getInt();
        if (call.valid() && terminals.change(terminal, group)) {
            call.succeed(0);
        }
    }

    private static void get(NotifiedCall call, SharedTerminal terminal) {
        int group = terminal.foreground();
        if (group != 0 && call.valid()) {
            byte[] word = ByteBuffer.allocate(Integer.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(group)
                    .array();
            AgentMemory.write(call.hostThread(), call.argument(2), word);
            call.succeed(0);
        }
    }
}
