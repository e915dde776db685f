package org.linuxssi.procfs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.linuxssi.linux.DirectoryFd;
import org.linuxssi.linux.FuseDevice;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.Syscalls;

/** Pid and mount name spaces with a bash as init, which does what its standard input says. */
final class TestContainer implements AutoCloseable {

    private static final int FUSE_FD = 3;
    private static final int CPU_FD = 4;

    private final Process unshare;
    private final Writer in;
    private final BufferedReader out;
    private final long init;
    private final DirectoryFd proc;
    private final List<Process> started = new ArrayList<>();

    private TestContainer(Process unshare, long init, Path proc) throws IOException {
        this.unshare = unshare;
        this.in = unshare.outputWriter(StandardCharsets.UTF_8);
        this.out = unshare.inputReader(StandardCharsets.UTF_8);
        this.init = init;
        say("echo up");
        this.proc = DirectoryFd.open("/proc/" + init + "/root" + proc);
    }

    /** Starts a container of a node whose real procfs is at the path. */
    static TestContainer start(int node, Path proc) throws IOException, InterruptedException {
        String script = "mount -t proc proc " + proc + "; mount -t proc proc /proc; cd /;"
                + " echo 4194304 > /proc/sys/kernel/pid_max; echo " + ((node << 14) + 100)
                + " > /proc/sys/kernel/ns_last_pid; echo started; while read -r line; do eval \"$line\"; done";
        Process unshare = new ProcessBuilder(
                        "unshare", "-m", "-p", "-f", "--kill-child", "--propagation", "private", "bash", "-c", script)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String said = unshare.inputReader(StandardCharsets.UTF_8).readLine();
        assertThat(said).isEqualTo("started");
        long init = unshare.toHandle().children().findFirst().orElseThrow().pid();
        return new TestContainer(unshare, init, proc);
    }

    DirectoryFd proc() {
        return proc;
    }

    /** Has init do it; it must print a line. */
    String say(String line) throws IOException {
        in.write(line + "\n");
        in.flush();
        return out.readLine();
    }

    /** Mounts FUSE on /proc and returns the device. */
    FuseDevice mountProc() throws IOException {
        return mount(FUSE_FD, ProcFsOptions.MOUNT.source(), "/proc", ProcFsOptions.MOUNT.data(FUSE_FD));
    }

    /** Mounts FUSE on a directory and returns the device. */
    FuseDevice mountCpu(String target, String data) throws IOException {
        return mount(CPU_FD, "cpu", target, data.replaceFirst("fd=[0-9]+", "fd=" + CPU_FD));
    }

    private FuseDevice mount(int fd, String source, String target, String data) throws IOException {
        assertThat(say("exec " + fd + "<>/dev/fuse; mount -i -t fuse -o nosuid,nodev," + data + " " + source + " "
                        + target + " && echo mounted"))
                .isEqualTo("mounted");
        long pidfd = Syscalls.check("pidfd_open", Syscalls.call(Nr.PIDFD_OPEN, init, 0));
        long taken = Syscalls.check("pidfd_getfd", Syscalls.call(Nr.PIDFD_GETFD, pidfd, fd, 0));
        Syscalls.call(Nr.CLOSE, pidfd);
        return FuseDevice.adopt((int) taken);
    }

    private ProcessBuilder entering(String script) {
        return new ProcessBuilder("nsenter", "-t", Long.toString(init), "-m", "-p", "--", "bash", "-c", script)
                .directory(Path.of("/").toFile())
                .redirectInput(Path.of("/dev/null").toFile());
    }

    /** Runs a script to its end and returns what it prints. */
    String run(String script) throws IOException, InterruptedException {
        Process process = entering(script).redirectErrorStream(true).start();
        try {
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            return text.stripTrailing();
        } finally {
            process.destroyForcibly();
        }
    }

    /** Starts a program that keeps running and returns its pid in the container. */
    int start(String program) throws IOException {
        Process process = entering("echo $$; exec " + program)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        started.add(process);
        return Integer.parseInt(process.inputReader(StandardCharsets.UTF_8).readLine());
    }

    @Override
    public void close() throws IOException {
        proc.close();
        in.close();
        unshare.destroyForcibly();
        started.forEach(Process::destroyForcibly);
        try {
            unshare.waitFor();
            for (Process process : started) {
                process.waitFor();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        Awaitility.await().until(() -> !Files.exists(Path.of("/proc/" + init)));
    }
}
