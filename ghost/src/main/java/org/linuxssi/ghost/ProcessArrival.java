package org.linuxssi.ghost;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.ProcFilesMaps;
import org.linuxssi.linux.ProcessMemory.Run;
import org.linuxssi.linux.PtraceCall;
import org.linuxssi.linux.PtraceProcess;
import org.linuxssi.linux.PtraceProcess.StoppedThread;
import org.linuxssi.linux.PtraceScratch;
import org.linuxssi.linux.PtraceThread;
import org.linuxssi.linux.Syscalls;

/** A process that is built from an image inside an agent, and then waits to be let go. */
public final class ProcessArrival {

    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final int SIGKILL = 9;
    private static final int SIGCONT = 18;
    private static final int SIGSTOP = 19;
    private static final String OOM_SCORE = "oom_score_adj";

    /** When memory runs out: until it runs here the process is still whole where it comes from. */
    private static final String FIRST_TO_GO = "1000";

    private final int agent;
    private final Imager imager;
    private final int doorway;
    private final PtraceThread tracer;
    private final ArrivedObjects objects;
    private @Nullable PtraceProcess process;
    private @Nullable SpaceBuilder space;
    private @Nullable ProcessState state;
    private @Nullable FileImage files;
    private @Nullable Future<Boolean> filesMade;
    private @Nullable Future<Boolean> stateMade;
    private final List<Run> guards = new ArrayList<>();
    private List<ThreadImage> threads = List.of();
    private long instruction;
    private String agentOomScore = "0";
    private boolean held;

    ProcessArrival(int agent, Imager imager, int doorway) {
        this.agent = agent;
        this.imager = imager;
        this.doorway = doorway;
        tracer = new PtraceThread("arrival in " + agent);
        objects = new ArrivedObjects(
                imager.relayed(), "/proc/" + imager.premises().init() + "/root");
    }

    void receive(List<? extends ReadableByteChannel> parts) throws IOException {
        try (PageReceiver receiver = new PageReceiver(this)) {
            for (int i = 0; i < parts.size(); i++) {
                receiver.receive(new ImageReader(parts.get(i)), i == parts.size() - 1);
            }
        } catch (IOException | RuntimeException failure) {
            giveUp();
            throw failure;
        }
    }

    void header(ImageHeader header) throws IOException {
        int pid = StateReader.containerId(ProcFiles.status(Integer.toString(agent)), agent);
        if (header.magic() != ImageHeader.MAGIC || header.pid() != pid) {
            throw new IOException("the image is that of process " + header.pid() + ", not of " + pid);
        }
    }

    void layout(List<MappingImage> layout) throws IOException {
        onTracer(() -> {
            SpaceBuilder builder = space;
            if (builder == null) {
                PtraceProcess seized = PtraceProcess.seizeForRebuild(tracer, agent, PATIENCE);
                process = seized;
                agentOomScore = ProcFiles.text(agent, OOM_SCORE).trim();
                oomScore(FIRST_TO_GO);
                builder = new SpaceBuilder(seized, layout, objects, doorway);
                space = builder;
                PtraceScratch.Table table = builder.scratch().table();
                table.add(Nr.PERSONALITY, 0xffff_ffffL);
                table.run(seized.leader().call());
            }
            builder.apply(layout);
            return true;
        });
    }

    PtraceProcess process() throws IOException {
        PtraceProcess seized = process;
        if (seized == null) {
            throw new IOException("the image has no mappings before its pages");
        }
        return seized;
    }

    private SpaceBuilder space() throws IOException {
        SpaceBuilder builder = space;
        if (builder == null) {
            throw new IOException("the image has no mappings");
        }
        return builder;
    }

    void check(List<Run> runs) throws IOException {
        SpaceBuilder builder = space();
        for (Run run : runs) {
            if (!builder.accepts(run)) {
                throw new IOException("the image has pages at " + Long.toHexString(run.address())
                        + ", where the process has no memory of its own");
            }
        }
    }

    void populate(List<Run> runs) throws IOException {
        SpaceBuilder builder = space();
        onTracer(() -> {
            builder.populate(runs);
            return true;
        });
    }

    void drop(List<Run> runs) throws IOException {
        check(runs);
        SpaceBuilder builder = space();
        onTracer(() -> {
            builder.drop(runs);
            return true;
        });
    }

    void object(SharedObject object) throws IOException {
        objects.make(object);
    }

    void inner(SharedFiles received) throws IOException {
        objects.inner(received);
    }

    void content(ObjectPart part) throws IOException {
        objects.fill(part);
    }

    void guards(List<Run> runs) {
        guards.addAll(runs);
    }

    void state(ProcessState received) throws IOException {
        if (state != null) {
            throw new IOException("the image has the state twice");
        }
        state = received;
        beginState();
    }

    /** What a process has once comes after its files, which are found from the agent's root directory. */
    private void beginState() throws IOException {
        ProcessState received = state;
        FileImage descriptors = files;
        if (received == null || descriptors == null) {
            return;
        }
        PtraceProcess seized = process();
        SpaceBuilder builder = space();
        stateMade = tracer.begin(() -> {
            new StateBuilder(seized, builder.scratch(), received).process(FileBuilder.room(descriptors, doorway));
            return true;
        });
    }

    void threads(List<ThreadImage> received) {
        threads = received;
    }

    /** Begins to make them; what comes meanwhile does not depend on them. */
    void files(FileImage received) throws IOException {
        if (files != null) {
            throw new IOException("the image has descriptors twice");
        }
        for (FileImage.Descriptor descriptor : received.descriptors()) {
            if (descriptor.open() < 0 || descriptor.open() >= received.open().size()) {
                throw new IOException("descriptor " + descriptor.number() + " of the image has no open file");
            }
        }
        PtraceProcess seized = process();
        SpaceBuilder builder = space();
        filesMade = tracer.begin(() -> {
            new FileBuilder(builder.scratch(), seized.leader().call(), imager.relayed(), objects, doorway)
                    .build(received);
            return true;
        });
        files = received;
        beginState();
    }

    /** All sections have come: builds everything but the very last steps. */
    void complete() throws IOException {
        ProcessState received = state;
        Future<Boolean> opened = filesMade;
        Future<Boolean> described = stateMade;
        if (received == null || opened == null || described == null || threads.isEmpty()) {
            throw new IOException("the image ended before it was complete");
        }
        PtraceProcess seized = process();
        SpaceBuilder builder = space();
        PtraceThread.await(opened);
        PtraceThread.await(described);
        objects.finish();
        onTracer(() -> {
            PtraceScratch scratch = builder.scratch();
            builder.lock();
            builder.guard(guards);
            ThreadBuilder maker = new ThreadBuilder(seized, scratch, received);
            List<StoppedThread> made = new ArrayList<>();
            made.add(seized.leader());
            for (ThreadImage image : threads.subList(1, threads.size())) {
                made.add(maker.create(image));
            }
            PendingSignals.dropWakes(
                    scratch, seized.leader().call(), threads.getFirst().tid());
            for (int i = made.size() - 1; i >= 0; i--) {
                maker.fill(made.get(i), threads.get(i));
                PendingSignals.queue(
                        scratch,
                        made.get(i).call(),
                        threads.get(i).tid(),
                        true,
                        threads.get(i).pending());
            }
            PendingSignals.queue(
                    scratch, seized.leader().call(), threads.getFirst().tid(), false, received.pending());
            PosixTimer.make(received.posixTimers(), scratch, seized.leader().call());
            new StateBuilder(seized, scratch, received).outside();
            instruction = PtraceCall.findInstruction(ProcFilesMaps.maps(agent), seized.memory());
            return true;
        });
        objects.close();
    }

    /**
     * Makes the process stand ready, also when this daemon dies.
     *
     * <p>An agent that was stopped becomes a process that is, and no parent sees a change.
     *
     * <p>A periodic timer whose signal is queued stands still until the signal is taken; here it begins its next period.
     */
    public HeldProcess hold() {
        ProcessState received = state;
        PtraceProcess seized = process;
        SpaceBuilder builder = space;
        if (received == null || seized == null || builder == null) {
            throw new IllegalStateException("process " + agent + " is not built");
        }
        return tracer.call(() -> {
            PtraceScratch scratch = builder.scratch();
            PtraceCall call = seized.leader().call();
            PtraceScratch.Table table = scratch.table();
            for (int i = 0; i < 3; i++) {
                long[] timer = Arrays.copyOfRange(received.timers(), 4 * i, 4 * i + 4);
                boolean expired = timer[2] == 0 && timer[3] == 0;
                if (expired) {
                    System.arraycopy(timer, 0, timer, 2, 2);
                }
                if (timer[2] != 0 || timer[3] != 0) {
                    table.add(Nr.SETITIMER, i, table.words(timer), 0);
                }
            }
            table.run(call);
            PosixTimer.start(received.posixTimers(), scratch, call);
            scratch.unmap(call, instruction);
            boolean stopped = received.stopSignal() != 0;
            if (stopped != (seized.leader().groupStop() != 0)) {
                Syscalls.call(Nr.KILL, agent, stopped ? SIGSTOP : SIGCONT);
            }
            held = true;
            return HeldProcess.of(seized, instruction);
        });
    }

    /** Lets the process run, after {@link #hold}. */
    public void run() {
        PtraceProcess seized = process;
        if (seized == null) {
            throw new IllegalStateException("process " + agent + " is not built");
        }
        tracer.run(seized::release);
        tracer.close();
    }

    /** Turns the process into the agent that it was made from. */
    public void abandon() {
        giveUp();
    }

    private void giveUp() {
        PtraceProcess seized = process;
        if (seized != null) {
            process = null;
            tracer.run(() -> backToAgent(seized));
        }
        objects.close();
        tracer.close();
    }

    private void backToAgent(PtraceProcess seized) {
        try {
            if (held) {
                new PendingSignals(seized).discard(List.of(), List.of(), true);
            }
            imager.premises().execAgent(seized);
            oomScore(agentOomScore);
        } catch (RuntimeException failure) {
            System.getLogger(ProcessArrival.class.getName())
                    .log(
                            System.Logger.Level.WARNING,
                            "process {0} can not be an agent again and is killed: {1}",
                            agent,
                            failure.getMessage());
            Syscalls.call(Nr.KILL, agent, SIGKILL);
            seized.release();
        }
    }

    private void oomScore(String score) {
        try {
            Files.writeString(Path.of("/proc", Integer.toString(agent), OOM_SCORE), score);
        } catch (IOException _) {
            // without CAP_SYS_RESOURCE, or the process has just ended
        }
    }

    private <T> T onTracer(Callable<T> work) throws IOException {
        try {
            return tracer.call(() -> {
                try {
                    return work.call();
                } catch (IOException problem) {
                    throw new UncheckedIOException(problem);
                }
            });
        } catch (UncheckedIOException problem) {
            throw problem.getCause();
        }
    }
}
