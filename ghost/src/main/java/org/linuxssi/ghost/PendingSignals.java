package org.linuxssi.ghost;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.ProcFilesMaps;
import org.linuxssi.linux.PtraceCall;
import org.linuxssi.linux.PtraceProcess;
import org.linuxssi.linux.PtraceProcess.StoppedThread;
import org.linuxssi.linux.PtraceScratch;
import org.linuxssi.linux.SignalInfo;
import org.linuxssi.linux.Signals;
import org.linuxssi.linux.Syscalls;

/** The queued signals of a frozen process. */
final class PendingSignals {

    private static final int PIDFD_THREAD = 0200;
    private static final int TIMERS = 3;
    private static final int MOST_WAKES = 64;

    private final PtraceProcess process;

    PendingSignals(PtraceProcess process) {
        this.process = process;
    }

    /**
     * Takes the signals of an image out of the queues and stops the timers, so that neither is seen twice: both would
     * outlive execve.
     */
    void discard(List<byte[]> shared, List<ThreadImage> threads, boolean timers) {
        if (!timers
                && shared.isEmpty()
                && threads.stream().allMatch(thread -> thread.pending().isEmpty())) {
            return;
        }
        PtraceCall call = process.leader().call();
        long instruction = PtraceCall.findInstruction(ProcFilesMaps.maps(process.pid()), process.memory());
        PtraceScratch scratch = PtraceScratch.map(call, instruction, 0);
        stopTimers(scratch, call);
        List<StoppedThread> stopped = process.threads();
        for (int i = 0; i < Math.min(stopped.size(), threads.size()); i++) {
            discard(scratch, stopped.get(i), threads.get(i).pending());
        }
        discard(scratch, process.leader(), shared);
        scratch.unmap(call, instruction);
    }

    private static void stopTimers(PtraceScratch scratch, PtraceCall call) {
        PtraceScratch.Table table = scratch.table();
        for (int i = 0; i < TIMERS; i++) {
            table.add(Nr.SETITIMER, i, table.words(0, 0, 0, 0), 0);
        }
        table.run(call);
    }

    /**
     * Takes away what woke the agent too late, before the process that it becomes could see it. Others of that number
     * are queued again.
     */
    static void dropWakes(PtraceScratch scratch, PtraceCall call, int pid) {
        List<byte[]> others = new ArrayList<>();
        for (int i = 0; i < MOST_WAKES; i++) {
            PtraceScratch.Table table = scratch.table();
            long set = table.words(1L << (Signals.LAST - 1));
            long info = table.room(SignalInfo.SIZE);
            int wait = table.add(Nr.RT_SIGTIMEDWAIT, set, info, table.words(0, 0), 8);
            table.run(call);
            if (Syscalls.failed(table.result(wait))) {
                break;
            }
            byte[] taken = bytes(table, info);
            if (SignalInfo.of(taken).code() != Signals.SI_WAKE) {
                others.add(taken);
            }
        }
        queue(scratch, call, pid, false, others);
    }

    private static byte[] bytes(PtraceScratch.Table table, long address) {
        ByteBuffer bytes = ByteBuffer.allocate(SignalInfo.SIZE).order(ByteOrder.nativeOrder());
        for (int i = 0; i < SignalInfo.SIZE; i += Long.BYTES) {
            bytes.putLong(table.word(address + i));
        }
        return bytes.array();
    }

    private static void discard(PtraceScratch scratch, StoppedThread thread, List<byte[]> signals) {
        for (byte[] info : signals) {
            PtraceScratch.Table table = scratch.table();
            long set = table.words(1L << (StateReader.signal(info) - 1));
            table.add(Nr.RT_SIGTIMEDWAIT, set, table.room(128), table.words(0, 0), 8);
            table.run(thread.call());
        }
    }

    /** Queues signals again: for the process, or for one of its threads. */
    static void queue(PtraceScratch scratch, PtraceCall call, int id, boolean thread, List<byte[]> signals) {
        if (signals.isEmpty()) {
            return;
        }
        PtraceScratch.Table table = scratch.table();
        int open = table.add(Nr.PIDFD_OPEN, id, thread ? PIDFD_THREAD : 0);
        table.run(call);
        long pidfd = table.check(open, "pidfd_open of " + id);
        for (byte[] info : signals) {
            table = scratch.table();
            int send = table.add(Nr.PIDFD_SEND_SIGNAL, pidfd, StateReader.signal(info), table.data(info), 0);
            table.run(call);
            table.check(send, "queue signal " + StateReader.signal(info) + " for " + id);
        }
        table = scratch.table();
        table.add(Nr.CLOSE, pidfd);
        table.run(call);
    }
}
