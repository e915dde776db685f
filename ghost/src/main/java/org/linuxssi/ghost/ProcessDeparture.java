package org.linuxssi.ghost;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.linuxssi.ghost.spi.OpenFile;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.PageMap;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.ProcFilesMaps;
import org.linuxssi.linux.ProcFilesMaps.Mapping;
import org.linuxssi.linux.Ptrace;
import org.linuxssi.linux.PtraceCall;
import org.linuxssi.linux.PtraceProcess;
import org.linuxssi.linux.PtraceProcess.StoppedThread;
import org.linuxssi.linux.PtraceScratch;
import org.linuxssi.linux.PtraceThread;
import org.linuxssi.linux.Syscalls;
import org.linuxssi.linux.Userfault;

/**
 * The image of a process that is to run elsewhere.
 *
 * <pre>{@code
 * try (ProcessDeparture departure = imager.depart(712)) {
 *     departure.copyLive(channel);      // or not
 *     departure.freeze();
 *     departure.copyRest(channel);
 *     departure.end();
 *     // the target is ready
 *     departure.replace();              // or resume()
 * }
 * }</pre>
 */
public final class ProcessDeparture implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(ProcessDeparture.class.getName());
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final int F_SETFL = 4;
    private static final int SIGKILL = 9;
    private static final int ROUNDS = 12;
    private static final long SMALL = 1 << 20;

    private final int pid;
    private final Imager imager;
    private final PtraceThread tracer;
    private final RestartRules rules = new RestartRules();
    private final FileExporter files;
    private final LeavingObjects objects;
    private final InnerFiles inner;
    private final Relatives relatives;
    private final SharedOffsets offsets;
    private List<Mapping> known = List.of();
    private @Nullable PageMap pages;
    private @Nullable PageSender sender;
    private @Nullable ImageWriter writer;
    private @Nullable Userfault tracking;
    private @Nullable PtraceProcess process;
    private @Nullable ProcessState state;
    private @Nullable PtraceScratch scratch;
    private @Nullable Future<Boolean> described;
    private @Nullable Future<Boolean> rested;
    private List<ThreadImage> threads = List.of();
    private FileLocks.Held released = FileLocks.Held.NONE;
    private boolean stopped;

    ProcessDeparture(int pid, Imager imager) {
        this.pid = pid;
        this.imager = imager;
        relatives = new Relatives(pid, file -> SharedOffsets.concerns(file) || AnonymousFiles.concerns(file));
        offsets = new SharedOffsets(relatives, imager.relayed());
        objects = new LeavingObjects(pid);
        inner = new InnerFiles(pid);
        files = new FileExporter(pid, imager.relayed(), new AnonymousFiles(relatives), objects, inner);
        tracer = new PtraceThread("image of " + pid);
    }

    /**
     * What a copy did.
     *
     * @param bytes of memory written
     * @param rounds times that memory was looked through
     */
    public record Progress(long bytes, int rounds) {}

    private PageSender begin(WritableByteChannel memory, WritableByteChannel task) throws IOException {
        if (sender == null) {
            writer = new ImageWriter(memory, task);
            Map<String, String> status = ProcFiles.status(Integer.toString(pid));
            writer.begin(new ImageHeader(ImageHeader.MAGIC, StateReader.containerId(status, pid), 0));
            PageMap opened = new PageMap(pid);
            pages = opened;
            sender = new PageSender(writer, new org.linuxssi.linux.ProcessMemory(pid), opened);
        }
        return sender;
    }

    /** Writes memory while the process runs, until little is left to write. */
    public Progress copyLive(WritableByteChannel channel) throws IOException {
        return copyLive(channel, channel);
    }

    /** The same into two channels, as {@link #copyRest(WritableByteChannel, WritableByteChannel)}. */
    public Progress copyLive(WritableByteChannel memory, WritableByteChannel task) throws IOException {
        track();
        PageSender pageSender = begin(memory, task);
        long total = 0;
        long last = Long.MAX_VALUE;
        for (int round = 1; round <= ROUNDS; round++) {
            known = AddressSpace.refresh(pid, known);
            List<MappingImage> layout = AddressSpace.images(known);
            if (!imager.relayed().copies()) {
                layout.removeIf(MappingImage::isObject);
            }
            if (pageSender.layout(layout)) {
                register(layout);
            }
            long bytes = pageSender.round();
            total += bytes;
            if (bytes <= SMALL || (round > 2 && bytes > last / 4 * 3)) {
                return new Progress(total, round);
            }
            last = bytes;
        }
        return new Progress(total, ROUNDS);
    }

    private void register(List<MappingImage> layout) {
        Userfault uffd = tracking;
        if (uffd != null) {
            for (MappingImage mapping : layout) {
                if (mapping.hasPages()) {
                    uffd.register(mapping.start(), mapping.length());
                }
            }
        }
    }

    private void track() {
        tracking = tracer.call(() -> {
            PtraceProcess stopped = PtraceProcess.freezeFirst(tracer, pid, PATIENCE);
            try {
                StoppedThread leader = stopped.leader();
                RestartRules.waitOn(leader);
                rules.remember(pid, leader.registers());
                RestartRules.abortOf(Ptrace.rseq(pid), leader.registers(), stopped.memory())
                        .ifPresent(leader::setInstruction);
                long instruction = PtraceCall.findInstruction(ProcFilesMaps.maps(pid), stopped.memory());
                long fd = Syscalls.check(
                        "userfaultfd in process " + pid,
                        leader.call().single(instruction, Nr.USERFAULTFD, Userfault.FLAGS));
                Userfault uffd = new Userfault(take((int) fd));
                leader.call().single(instruction, Nr.CLOSE, fd);
                return uffd;
            } finally {
                stopped.release();
            }
        });
    }

    private int take(int fd) {
        int pidfd = (int) Syscalls.check("pidfd_open " + pid, Syscalls.call(Nr.PIDFD_OPEN, pid, 0));
        try {
            return (int)
                    Syscalls.check("take fd " + fd + " of process " + pid, Syscalls.call(Nr.PIDFD_GETFD, pidfd, fd, 0));
        } finally {
            Syscalls.call(Nr.CLOSE, pidfd);
        }
    }

    /**
     * Stops all threads of the process where they are.
     *
     * @throws ErrnoException ESRCH, EPERM or EAGAIN as {@link PtraceProcess#freeze}; EAGAIN when it has executed another
     *     program since it was copied live
     */
    public void freeze() {
        if (process != null) {
            throw new IllegalStateException("process " + pid + " is frozen already");
        }
        PtraceProcess still = tracer.call(() -> {
            PtraceProcess caught = PtraceProcess.freeze(tracer, pid, PATIENCE);
            caught.threads().forEach(RestartRules::waitOn);
            return caught;
        });
        process = still;
        stopped = still.leader().groupStop() != 0;
        PageMap opened = pages;
        if (opened != null && !current(opened)) {
            throw new ErrnoException(
                    "copy process " + pid + ", which executes another program meanwhile", Errno.EAGAIN);
        }
    }

    /** Tells whether job control had stopped the process when it was frozen. */
    public boolean stopped() {
        return stopped;
    }

    /** A page map belongs to the memory at the time it was opened, which is empty after an execve: it has no stack. */
    private boolean current(PageMap opened) {
        AtomicBoolean found = new AtomicBoolean();
        ProcFilesMaps.maps(pid).stream()
                .filter(mapping -> mapping.path().equals("[stack]"))
                .forEach(stack ->
                        opened.content(stack.start(), stack.end(), true, (start, end, categories) -> found.set(true)));
        return found.get();
    }

    private PtraceProcess frozen() {
        PtraceProcess stopped = process;
        if (stopped == null) {
            throw new IllegalStateException("process " + pid + " is not frozen");
        }
        return stopped;
    }

    /**
     * Writes all that has not been written but the end. The tracer writes the state while this thread writes files and
     * pages, and until {@link #end} at the latest.
     */
    public Progress copyRest(WritableByteChannel channel) throws IOException {
        return copyRest(channel, channel);
    }

    /** The same into two channels, each of which begins and ends as an image does: one for the memory, one for all else. */
    public Progress copyRest(WritableByteChannel memory, WritableByteChannel task) throws IOException {
        PageSender pageSender = begin(memory, task);
        PtraceProcess stopped = frozen();
        ImageWriter out = writing();
        known = AddressSpace.refresh(pid, known);
        if (!imager.relayed().copies()) {
            objects.addMapped(known);
            objects.announce(out);
        }
        pageSender.layout(AddressSpace.images(known));
        described = tracer.begin(() -> {
            try {
                writeState(out, stopped);
                return true;
            } catch (IOException problem) {
                throw new UncheckedIOException(problem);
            }
        });
        rested = tracer.begin(() -> {
            rest(stopped);
            return true;
        });
        writeFiles(out);
        objects.requireAlone();
        long bytes = pageSender.rest();
        return new Progress(bytes + objects.writeContents(out), 1);
    }

    /**
     * Completes the image when files and state are written: the target builds the process now. What is written from now on
     * is another image.
     */
    public void end() throws IOException {
        Future<Boolean> work = described;
        Future<Boolean> rest = rested;
        if (work == null || rest == null) {
            throw new IllegalStateException("nothing of the frozen process " + pid + " was copied");
        }
        awaitTracer(work);
        writing().end();
        writer = null;
        sender = null;
        closePages();
        objects.close();
        inner.close();
        PtraceThread.await(rest);
    }

    private void closePages() {
        Optional.ofNullable(pages).ifPresent(PageMap::close);
        pages = null;
    }

    private ImageWriter writing() {
        ImageWriter out = writer;
        if (out == null) {
            throw new IllegalStateException("no image of process " + pid + " was begun");
        }
        return out;
    }

    private void writeState(ImageWriter out, PtraceProcess stopped) throws IOException {
        PtraceCall call = stopped.leader().call();
        long instruction = PtraceCall.findInstruction(known, stopped.memory());
        PtraceScratch area = PtraceScratch.map(call, instruction, 0);
        scratch = area;
        StateReader reader = new StateReader(stopped, area, rules);
        ProcessState now = reader.state();
        state = now;
        out.section(SectionType.STATE, ProcessState.CODEC, now);
        threads = reader.threads();
        out.section(SectionType.THREADS, Threads.CODEC, threads);
    }

    /** Nothing of the image depends on it, so that it need not wait for this. */
    private void rest(PtraceProcess stopped) {
        PtraceScratch area = scratch;
        if (area != null) {
            scratch = null;
            area.unmap(stopped.leader().call(), PtraceCall.findInstruction(known, stopped.memory()));
        }
        stopped.rest();
    }

    /** The target makes them while the rest comes. */
    private void writeFiles(ImageWriter out) throws IOException {
        List<OpenFile> open = OpenFiles.list(pid);
        relatives.look(open);
        if (!imager.relayed().copies()) {
            inner.look(open, true);
        }
        FileImage image = imager.relayed().copies() ? files.image(open, Map.of(), offsets) : leavingFiles(open);
        objects.announce(out);
        inner.write(out);
        out.section(SectionType.FILES, FileImage.CODEC, image);
    }

    private FileImage leavingFiles(List<OpenFile> open) {
        Map<Integer, Integer> append = offsets.toAppend(open);
        setFlags(append);
        FileImage image = files.image(open, append, offsets);
        releaseLocks();
        return image;
    }

    private void setFlags(Map<Integer, Integer> flags) {
        PtraceProcess stopped = frozen();
        if (!flags.isEmpty()) {
            tracer.run(() -> {
                PtraceCall call = stopped.leader().call();
                long instruction = PtraceCall.findInstruction(known, stopped.memory());
                flags.forEach((fd, value) -> call.single(instruction, Nr.FCNTL, fd, F_SETFL, value));
                stopped.rest();
            });
        }
    }

    private void releaseLocks() {
        PtraceProcess stopped = frozen();
        released = files.locks();
        if (!released.isEmpty()) {
            tracer.run(() -> {
                FileLocks.release(stopped, released);
                stopped.rest();
            });
        }
    }

    private static void awaitTracer(Future<Boolean> work) throws IOException {
        try {
            PtraceThread.await(work);
        } catch (UncheckedIOException problem) {
            throw problem.getCause();
        }
    }

    /** Makes the process stand still also when this daemon dies; until then it can be resumed or replaced as ever. */
    public HeldProcess hold() {
        PtraceProcess stopped = frozen();
        return tracer.call(
                () -> HeldProcess.of(stopped, PtraceCall.findInstruction(ProcFilesMaps.maps(pid), stopped.memory())));
    }

    /** Lets the process go on here as if nothing had happened; descriptors that were exported are its own again. */
    public void resume() {
        PtraceProcess stopped = process;
        if (stopped != null) {
            process = null;
            tracer.run(() -> {
                try {
                    FileLocks.take(stopped, released);
                } catch (ErrnoException gone) {
                    LOG.log(System.Logger.Level.DEBUG, "process {0} died: {1}", pid, gone.getMessage());
                } finally {
                    stopped.release();
                }
            });
        }
        files.stays();
        stopTracking();
    }

    private void stopTracking() {
        Optional.ofNullable(tracking).ifPresent(Userfault::close);
        tracking = null;
    }

    /**
     * Ends the process by making it execute the agent in its place; parent, group and session stay. Signals that came
     * after the image was complete stay pending for the agent, those in the image do not.
     */
    public void replace() {
        PtraceProcess stopped = frozen();
        process = null;
        try {
            tracer.run(() -> becomeAgent(stopped));
        } finally {
            files.moved();
            stopTracking();
        }
    }

    /** It runs elsewhere by now: whatever fails here, it must not go on. */
    private void becomeAgent(PtraceProcess stopped) {
        try {
            ProcessState image = state;
            new PendingSignals(stopped)
                    .discard(
                            image == null ? List.of() : image.pending(),
                            threads,
                            image == null || Arrays.stream(image.timers()).anyMatch(word -> word != 0));
            imager.premises().execAgent(stopped);
        } catch (RuntimeException failure) {
            Syscalls.call(Nr.KILL, pid, SIGKILL);
            stopped.release();
            throw failure;
        }
    }

    /** Ends the process without a trace, when nobody here needs a stand-in for it. */
    public void kill() {
        PtraceProcess stopped = frozen();
        Syscalls.call(Nr.KILL, pid, SIGKILL);
        tracer.run(stopped::release);
        process = null;
        files.moved();
        stopTracking();
    }

    /** Lets go of everything. A frozen process that was neither resumed nor replaced is resumed. */
    @Override
    public void close() {
        resume();
        closePages();
        objects.close();
        inner.close();
        tracer.close();
    }
}
