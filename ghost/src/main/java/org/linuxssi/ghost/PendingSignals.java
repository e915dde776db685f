package org.linuxssi.ghost;

import java.util.List;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.ProcFilesMaps;
import org.linuxssi.linux.PtraceCall;
import org.linuxssi.linux.PtraceProcess;
import org.linuxssi.linux.PtraceProcess.StoppedThread;
import org.linuxssi.linux.PtraceScratch;

/** The queued signals of a frozen process. */
final class PendingSignals {

    private static final int PIDFD_THREAD = 0200;

    private final PtraceProcess process;

    PendingSignals(PtraceProcess process) {
        this.process = process;
    }

    /** Takes the signals of an image out of the queues, so that they are not seen twice. */
    void discard(List<byte[]> shared, List<ThreadImage> threads) {
        if (shared.isEmpty()
                && threads.stream().allMatch(thread -> thread.pending().isEmpty())) {
            return;
        }
        PtraceCall call = process.leader().call();
        long instruction = PtraceCall.findInstruction(ProcFilesMaps.maps(process.pid()), process.memory());
        PtraceScratch scratch = PtraceScratch.map(call, instruction, 0);
        List<StoppedThread> stopped = process.threads();
        for (int i = 0; i < Math.min(stopped.size(), threads.size()); i++) {
            discard(scratch, stopped.get(i), threads.get(i).pending());
        }
        discard(scratch, process.leader(), shared);
        scratch.unmap(call, instruction);
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
