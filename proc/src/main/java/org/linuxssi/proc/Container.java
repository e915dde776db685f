package org.linuxssi.proc;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.linuxssi.ghost.Premises;
import org.linuxssi.linux.AgentImage;
import org.linuxssi.linux.CallTable;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Fds;
import org.linuxssi.linux.Mounts;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.PidFd;
import org.linuxssi.linux.PidNumbers;
import org.linuxssi.linux.Poller;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.ProcessIdentity;
import org.linuxssi.linux.SeccompListener;
import org.linuxssi.linux.Signals;
import org.linuxssi.linux.Syscalls;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.Registration;
import org.linuxssi.tools.TimeSource;

/**
 * The container of a node: pid, mount, IPC and UTS name spaces, an init that reaps, and a seccomp filter over all programs
 * in it whose notified calls come to the {@link Supervisor}.
 *
 * <pre>{@code
 * try (Container container = Container.start(node, ContainerOptions.of(directory, "node3"), time)) {
 *     Launcher launcher = new Launcher(container);
 *     container.supervisor().handle(Nr.KILL, handler);
 * }
 * }</pre>
 *
 * <p>It outlives the daemon: init keeps the listener, and {@link #adopt} takes it over.
 */
public final class Container implements AutoCloseable {

    private static final Logger LOG = System.getLogger(Container.class.getName());
    private static final Duration REPORTS = Duration.ofMillis(500);
    private static final Duration REPORT_STEP = Duration.ofMillis(1);
    private static final Duration GRACE = Duration.ofSeconds(2);
    private static final int O_RDWR = 2;

    private final PidRange range;
    private final Path directory;
    private final SeccompListener listener;
    private final PidNumbers numbers;
    private final Supervisor supervisor;
    private final Init init;
    private final Poller poller;
    private final PidSteering steering;
    private final PidFd initFd;
    private final Optional<Freezer> freezer;
    private final CountDownLatch ended = new CountDownLatch(1);
    private final AtomicBoolean stopped = new AtomicBoolean();
    private ContainerState state;

    private Container(ContainerState known, Path directory, TimeSource time, boolean fresh) {
        this.range = new PidRange(known.node());
        this.directory = directory;
        int initPid = known.init().pid();
        initFd = PidFd.open(initPid);
        OomScore.exempt(initPid);
        listener = new SeccompListener(initFd.take(known.listener()));
        numbers = new PidNumbers(initPid);
        supervisor = new Supervisor(listener, numbers);
        init = new Init(supervisor.register(initPid, 1, Agent.Idle.PARKED), supervisor);
        poller = new Poller("poller-" + known.node());
        poller.watch(initFd.descriptor(), this::initEnded);
        supervisor.start(known.node().toString());
        state = fresh ? settle(known) : known;
        state.write(directory);
        if (!fresh) {
            NotifiedThreads.restart(numbers);
            NotifiedThreads.wakeAgents(numbers);
        }
        init.begin();
        freezer = Freezer.of(known, supervisor, time);
        steering = new PidSteering(init, state.pidFile(), range, time);
    }

    /**
     * Makes a container.
     *
     * @throws ErrnoException EPERM without root's rights, and what else the kernel refuses
     * @throws IllegalStateException when one of this run directory is alive
     */
    public static Container start(NodeId node, ContainerOptions options, TimeSource time) {
        if (ContainerState.read(options.runDirectory())
                .filter(old -> old.init().alive())
                .isPresent()) {
            throw new IllegalStateException("a container of " + options.runDirectory() + " is alive: adopt or end it");
        }
        Birth.Newborn newborn = Birth.start(new PidRange(node), options);
        try {
            String cgroup = options.cgroup()
                    .flatMap(name -> Cgroup.enter(name, newborn.init().pid()))
                    .map(Path::toString)
                    .orElse("");
            ContainerState known = new ContainerState(node, newborn.init(), newborn.listener(), -1, cgroup, Map.of());
            return new Container(known, options.runDirectory(), time, true);
        } catch (RuntimeException problem) {
            newborn.init().signal(ProcessIdentity.SIGKILL);
            throw problem;
        }
    }

    /**
     * Takes over the container that a former daemon left, if there is one. Programs blocked in notified calls make them
     * again. Proxies ask anew and are passed to the action of {@link Supervisor}.
     */
    public static Optional<Container> adopt(Path runDirectory, TimeSource time) {
        return ContainerState.read(runDirectory)
                .filter(known -> known.init().alive())
                .map(known -> new Container(known, runDirectory, time, false));
    }

    /** Ends what a former daemon left, without adopting it. */
    public static void endLeftover(Path runDirectory) {
        ContainerState.read(runDirectory).ifPresent(known -> {
            known.init().signal(ProcessIdentity.SIGKILL);
            known.init().reap();
            removeImageDirectory(runDirectory);
            ContainerState.delete(runDirectory);
            HostsFile.delete(runDirectory);
        });
    }

    /** Init's first calls from inside: procfs, the pids. */
    private ContainerState settle(ContainerState known) {
        CallTable table = new CallTable();
        long proc = table.text("proc");
        table.must(Nr.MOUNT, proc, table.text("/proc"), proc, Mounts.NOSUID | Mounts.NODEV | 8, 0);
        int limit = table.must(Nr.OPENAT, Fds.AT_FDCWD, table.text("/proc/sys/kernel/pid_max"), O_RDWR, 0);
        int last = table.must(Nr.OPENAT, Fds.AT_FDCWD, table.text("/proc/sys/kernel/ns_last_pid"), O_RDWR, 0);
        long[] results = init.agent().run(table).join();
        for (int i = 0; i < results.length; i++) {
            Syscalls.check("set up the container, step " + i, results[i]);
        }
        placeAgentFile();
        dumpAsUsual(known.init().pid());
        byte[] text = Integer.toString(PidRange.PID_MAX).getBytes(StandardCharsets.US_ASCII);
        CallTable raise = new CallTable();
        raise.must(Nr.WRITE, results[limit], raise.bytes(text), text.length);
        raise.may(Nr.CLOSE, results[limit]);
        Syscalls.check(
                "raise kernel.pid_max of the container", init.agent().run(raise).join()[0]);
        PidSteering.set(init.agent(), (int) results[last], range.first() - 1);
        return new ContainerState(
                known.node(), known.init(), known.listener(), (int) results[last], known.cgroup(), known.kept());
    }

    /** A Java machine changes what goes into core files, and programs would inherit that: they get what the machine's init has. */
    private static void dumpAsUsual(int init) {
        try {
            Files.writeString(
                    Path.of("/proc/" + init + "/coredump_filter"), "0x" + ProcFiles.text(1, "coredump_filter"));
        } catch (IOException | ErrnoException without) {
            LOG.log(Level.DEBUG, () -> "core files of programs hold what those of the daemon do: " + without);
        }
    }

    /** Puts the agent's file where all programs can execute it: a file system of our own, which dies with the container. */
    private void placeAgentFile() {
        byte[] image = AgentImage.file();
        Path place = agentPath();
        String parent = directory.resolve("image").toString();
        boolean made = Path.of(parent).toFile().mkdir();
        LOG.log(Level.DEBUG, "directory {0} {1}", parent, made ? "made" : "was there");
        CallTable table = new CallTable();
        long tmpfs = table.text("tmpfs");
        table.must(Nr.MOUNT, tmpfs, table.text(parent), tmpfs, Mounts.NODEV, table.text("mode=755"));
        int open = table.must(
                Nr.OPENAT, Fds.AT_FDCWD, table.text(place.toString()), Fds.O_CREAT | O_RDWR | Fds.O_CLOEXEC, 0);
        long[] results = init.agent().run(table).join();
        Syscalls.check("mount the agent's directory " + parent, results[0]);
        long file = Syscalls.check("create " + place, results[open]);
        CallTable write = new CallTable();
        write.must(Nr.WRITE, file, write.bytes(image), image.length);
        write.must(Nr.FCHMOD, file, 0755);
        write.must(Nr.CLOSE, file);
        byte[] capabilities = AgentImage.fileCapabilities();
        long name = write.text("security.capability");
        write.may(Nr.SETXATTR, write.text(place.toString()), name, write.bytes(capabilities), capabilities.length, 0);
        Syscalls.check("write " + place, init.agent().run(write).join()[0]);
    }

    /** Returns the node whose container this is. */
    public NodeId node() {
        return range.node();
    }

    /** Returns the pids that the node hands out. */
    public PidRange range() {
        return range;
    }

    /** Returns what receives the notified calls. */
    public Supervisor supervisor() {
        return supervisor;
    }

    /** Returns the translation of pids between the container and the host. */
    public PidNumbers numbers() {
        return numbers;
    }

    /** Returns the thread that watches descriptors. */
    public Poller poller() {
        return poller;
    }

    /** Returns init's pid on the host: {@code /proc/PID/root} and {@code /proc/PID/ns} lead into the container. */
    public int initPid() {
        return init.agent().hostPid();
    }

    /** Returns the file, as programs of the container see it, that makes a process an agent when it executes it. */
    public Path agentPath() {
        return directory.resolve("image").resolve("agent");
    }

    /** Returns what images of its processes are taken and built with. */
    public Premises premises() {
        return new Premises(agentPath().toString(), initPid(), supervisor);
    }

    Init init() {
        return init;
    }

    /** Returns the agent that is init, for calls from inside: mount(2) and the like. */
    public Agent initAgent() {
        return init.agent();
    }

    /** Hears of children of init that end, stop or go on. */
    public Registration onChange(ExitListener listener) {
        return init.onChange(listener);
    }

    /** Completes when init has ended, and everything in the container with it. */
    public boolean awaitEnd(Duration limit) throws InterruptedException {
        return ended.await(limit.toMillis(), TimeUnit.MILLISECONDS);
    }

    /**
     * Lets init keep a copy of a descriptor for a later daemon, under a name.
     *
     * @return its number in init, for mount options like {@code fd=N}
     */
    public synchronized int keep(String name, int descriptor) {
        int number = init.agent().install(descriptor, true).join();
        state = state.withKept(name, number);
        state.write(directory);
        return number;
    }

    /** Returns a new copy of a descriptor that init keeps under a name. */
    public synchronized Optional<Integer> kept(String name) {
        return Optional.ofNullable(state.kept().get(name)).map(initFd::take);
    }

    /** Returns the host pids of all processes in the container but init. */
    public List<Integer> processes() {
        return NotifiedThreads.processes(numbers).stream()
                .filter(pid -> pid != initPid())
                .toList();
    }

    /**
     * Lets all programs stand still, also those that start from now on; they notice nothing of it.
     *
     * @return false when this machine cannot do that (no cgroup v2), and they go on
     */
    public boolean freeze() {
        return freezer.map(Freezer::freeze).orElse(false);
    }

    /** Lets the programs go on after {@link #freeze}. */
    public void thaw() {
        freezer.ifPresent(Freezer::thaw);
    }

    /** Stops supervising without ending anything, as if the daemon had been killed; for tests of {@link #adopt}. */
    void abandon() {
        stopped.set(true);
        steering.close();
        supervisor.abandon(() -> Signals.kill(initPid(), Signals.LAST));
        poller.close();
    }

    private void initEnded() {
        state.init().reap();
        init.died();
        ended.countDown();
        LOG.log(Level.INFO, "the container of node {0} has ended", range.node());
    }

    /** Asks all programs to end, kills those left after two seconds, and takes the container away. */
    @Override
    public void close() {
        stop(GRACE);
    }

    /**
     * Asks all programs to end, kills those left after the grace, and takes the container away: name spaces and mounts go
     * with the last process. Does nothing the second time.
     */
    public void stop(Duration grace) {
        if (!stopped.compareAndSet(false, true)) {
            return;
        }
        steering.close();
        thaw();
        List<Integer> programs =
                processes().stream().filter(pid -> !supervisor.isAgent(pid)).toList();
        CompletableFuture<?>[] ends = programs.stream().map(this::askToEnd).toArray(CompletableFuture<?>[]::new);
        CompletableFuture.allOf(ends)
                .completeOnTimeout(null, grace.toMillis(), TimeUnit.MILLISECONDS)
                .join();
        awaitReports();
        initFd.signal(Signals.SIGKILL);
        try {
            if (!ended.await(GRACE.toMillis() * 5, TimeUnit.MILLISECONDS)) {
                LOG.log(Level.WARNING, "init {0} of node {1} does not end", initPid(), node());
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        release();
    }

    /** Init still has to tell of those that have ended: how they did. */
    private void awaitReports() {
        long end = System.nanoTime() + REPORTS.toNanos();
        while (System.nanoTime() < end && !init.awaited().stream().allMatch(this::runs)) {
            LockSupport.parkNanos(REPORT_STEP.toNanos());
        }
    }

    private boolean runs(int pid) {
        return Member.withPid(numbers, pid).filter(member -> !member.zombie()).isPresent();
    }

    private void release() {
        poller.close();
        initFd.close();
        numbers.close();
        listener.close();
        if (!state.cgroup().isEmpty()) {
            Cgroup.remove(Path.of(state.cgroup()));
        }
        removeImageDirectory(directory);
        ContainerState.delete(directory);
        Histories.delete(directory);
        HostsFile.delete(directory);
    }

    /** Returns the directory of files that a later daemon needs. */
    Path directory() {
        return directory;
    }

    /** It is empty on the host, where the container's mount is not seen. */
    private static void removeImageDirectory(Path directory) {
        if (!directory.resolve("image").toFile().delete()) {
            LOG.log(Level.DEBUG, "{0} has no image directory", directory);
        }
    }

    private CompletableFuture<?> askToEnd(int hostPid) {
        CompletableFuture<Void> end = new CompletableFuture<>();
        try {
            PidFd process = PidFd.open(hostPid);
            poller.watch(process.descriptor(), () -> {
                process.close();
                end.complete(null);
            });
            process.signal(Signals.SIGTERM);
            process.signal(Signals.SIGCONT);
        } catch (ErrnoException gone) {
            end.complete(null);
        }
        return end;
    }
}
