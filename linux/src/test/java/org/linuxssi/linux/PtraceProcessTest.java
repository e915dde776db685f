package org.linuxssi.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class PtraceProcessTest {

    private static final int SIGKILL = 9;

    @TempDir
    Path directory;

    private PtraceThread tracer = new PtraceThread("test tracer");
    private int pid;

    @BeforeEach
    void start() {
        pid = Spawn.start(
                List.of("/bin/sh", "-c", "trap 'echo usr1' USR1; i=0; while :; do i=$((i+1)); done"),
                Map.of("PATH", "/usr/bin:/bin"),
                directory,
                directory.resolve("log"));
        await().until(() -> "sh".equals(ProcFiles.stat(pid).comm()));
    }

    @AfterEach
    void stop() {
        Syscalls.call(Nr.KILL, pid, SIGKILL);
        tracer.call(() -> Ptrace.await(pid));
        tracer.close();
    }

    private PtraceProcess freeze() {
        return tracer.call(() -> PtraceProcess.freeze(tracer, pid, Duration.ofSeconds(5)));
    }

    @Test
    void aFrozenProcessRunsCallsAndGoesOnUnchanged() {
        for (int round = 0; round < 20; round++) {
            tracer.run(() -> {
                PtraceProcess process = freezeHere();
                PtraceRegisters before = Ptrace.registers(pid);
                PtraceCall call = process.leader().call();
                long instruction = PtraceCall.findInstruction(ProcFilesMaps.maps(pid), process.memory());
                assertThat(call.single(instruction, Nr.GETPID)).isEqualTo(pid);
                PtraceScratch scratch = PtraceScratch.map(call, instruction, 0);
                PtraceScratch.Table table = scratch.table();
                int self = table.add(Nr.GETPID);
                int parent = table.add(Nr.GETPPID);
                int bad = table.add(Nr.CHDIR, table.text("/does/not/exist"));
                long words = table.room(16);
                int pipe = table.add(Nr.PIPE2, words, 0);
                table.run(call);
                assertThat(table.result(self)).isEqualTo(pid);
                assertThat(table.result(parent))
                        .isEqualTo(ProcessHandle.current().pid());
                assertThatThrownBy(() -> table.check(bad, "chdir")).hasMessageContaining("ENOENT");
                assertThat(table.check(pipe, "pipe")).isZero();
                int reader = table.half(words);
                int writer = table.half(words + 4);
                PtraceScratch.Table closing = scratch.table();
                closing.add(Nr.CLOSE, reader);
                closing.add(Nr.CLOSE, writer);
                closing.run(call);
                scratch.unmap(call, instruction);
                process.release();
                assertThat(before.get(PtraceRegisters.RIP)).isNotZero();
            });
        }
        assertThat(ProcFiles.status(Integer.toString(pid)).get("TracerPid")).isEqualTo("0");
        Syscalls.check("kill", Syscalls.call(Nr.KILL, pid, 10));
        await().untilAsserted(() ->
                assertThat(Files.readString(directory.resolve("log"))).isEqualTo("usr1\n"));
    }

    private PtraceProcess freezeHere() {
        return PtraceProcess.freeze(tracer, pid, Duration.ofSeconds(5));
    }

    @Test
    void aProcessThatStandsStillGoesOnWhenTheTracerEnds() {
        tracer.run(() -> {
            PtraceProcess process = freezeHere();
            PtraceCall call = process.leader().call();
            long instruction = PtraceCall.findInstruction(ProcFilesMaps.maps(pid), process.memory());
            assertThat(call.single(instruction, Nr.GETPID)).isEqualTo(pid);
            process.rest();
        });
        endTracer();
        Syscalls.check("kill", Syscalls.call(Nr.KILL, pid, 10));
        await().untilAsserted(() ->
                assertThat(Files.readString(directory.resolve("log"))).isEqualTo("usr1\n"));
    }

    @Test
    void aProcessThatRunsForeignCallsDiesWhenTheTracerEnds() {
        ProcessIdentity identity = ProcessIdentity.of(pid).orElseThrow();
        tracer.run(() -> freezeHere().leader().call());
        endTracer();
        await().until(() -> !identity.alive());
    }

    @Test
    void aParkedProcessWaitsForTheNextTracer() {
        record Place(long instruction, List<PtraceProcess.Parked> threads) {}
        Place place = tracer.call(() -> {
            PtraceProcess process = freezeHere();
            PtraceCall call = process.leader().call();
            long instruction = PtraceCall.findInstruction(ProcFilesMaps.maps(pid), process.memory());
            assertThat(call.single(instruction, Nr.GETPID)).isEqualTo(pid);
            return new Place(instruction, process.park(instruction, Nr.PAUSE));
        });
        endTracer();
        Syscalls.check("kill", Syscalls.call(Nr.KILL, pid, 10));
        await().until(() -> ProcFiles.text(pid, "syscall").startsWith(Nr.PAUSE + " "));
        tracer.run(() -> {
            PtraceProcess process = freezeHere();
            process.unpark(place.threads(), place.instruction(), Nr.PAUSE);
            process.release();
        });
        await().untilAsserted(() ->
                assertThat(Files.readString(directory.resolve("log"))).isEqualTo("usr1\n"));
    }

    /** The next one takes its place. */
    private void endTracer() {
        tracer.close();
        await().until(() -> ProcFiles.status(Integer.toString(pid))
                .getOrDefault("TracerPid", "0")
                .equals("0"));
        tracer = new PtraceThread("next tracer");
    }

    @Test
    void aSignalSentWhileFrozenIsSeenAfterwards() {
        PtraceProcess process = freeze();
        Syscalls.check("kill", Syscalls.call(Nr.KILL, pid, 10));
        assertThat(tracer.call(() -> Ptrace.pending(pid, true))).hasSize(1);
        tracer.run(process::release);
        await().untilAsserted(() ->
                assertThat(Files.readString(directory.resolve("log"))).isEqualTo("usr1\n"));
    }

    @Test
    void aProcessBecomesAnotherProgram() {
        PtraceProcess process = freeze();
        tracer.run(() -> process.exec("/bin/sleep", List.of("sleep", "100"), List.of("A=b")));
        assertThat(ProcFiles.link(pid, "exe")).endsWith("sleep");
        assertThat(ProcFiles.text(pid, "environ")).startsWith("A=b");
        await().untilAsserted(() -> assertThat(ProcFiles.descriptors(pid)).isEmpty());
    }

    @Test
    void pagesWrittenAreTracked() {
        tracer.run(() -> {
            PtraceProcess process = freezeHere();
            PtraceCall call = process.leader().call();
            long instruction = PtraceCall.findInstruction(ProcFilesMaps.maps(pid), process.memory());
            long area = call.single(instruction, Nr.MMAP, 0, 1 << 20, 3, 0x22, -1, 0);
            long uffd = call.single(instruction, Nr.USERFAULTFD, Userfault.FLAGS);
            int pidfd = (int) Syscalls.check("pidfd_open", Syscalls.call(Nr.PIDFD_OPEN, pid, 0));
            int ours = (int) Syscalls.check("pidfd_getfd", Syscalls.call(Nr.PIDFD_GETFD, pidfd, uffd, 0));
            Syscalls.call(Nr.CLOSE, pidfd);
            try (Userfault tracking = new Userfault(ours);
                    PageMap pages = new PageMap(pid)) {
                assertThat(tracking.register(area, 1 << 20)).isTrue();
                process.memory().write(area + 5 * 4096, new byte[3 * 4096]);
                assertThat(protect(pages, area)).isEqualTo(3);
                assertThat(protect(pages, area)).isZero();
                process.memory().write(area + 6 * 4096, new byte[1]);
                assertThat(protect(pages, area)).isEqualTo(1);
            }
            process.release();
        });
    }

    private static long protect(PageMap pages, long area) {
        long[] count = {0};
        pages.protect(area, area + (1 << 20), true, (start, end, _) -> count[0] += (end - start) / 4096);
        return count[0];
    }
}
