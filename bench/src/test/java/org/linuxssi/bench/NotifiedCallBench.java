package org.linuxssi.bench;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.linuxssi.linux.CallTable;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.SeccompListener.Notification;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What the daemon does with a notified call, and with the calls that an agent is to make, before the kernel comes in. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class NotifiedCallBench {

    private static final List<String> ARGUMENTS = List.of("sh", "-c", "echo I am $$");
    private static final List<String> ENVIRONMENT = List.of("PATH=/usr/bin:/bin", "HOME=/root", "LANG=C.UTF-8");

    private final MemorySegment received = kill();

    private static MemorySegment kill() {
        MemorySegment bytes = Arena.ofAuto().allocate(80, 8);
        bytes.set(JAVA_LONG, 0, 0x1234_5678_9abcL);
        bytes.set(JAVA_INT, 8, 16831);
        bytes.set(JAVA_INT, 16, Nr.KILL);
        bytes.set(JAVA_LONG, 32, 32768);
        bytes.set(JAVA_LONG, 40, 15);
        return bytes;
    }

    /** The bytes of a kill(2), its number and its two arguments. */
    @Benchmark
    public long notification() {
        Notification call = new Notification(received);
        return call.id() + call.thread() + call.number() + call.word(0) + call.word(1);
    }

    /** The table of a program's start. */
    @Benchmark
    public CallTable callTable() {
        CallTable table = new CallTable();
        table.must(Nr.CHDIR, table.text("/tmp"));
        table.must(Nr.EXECVE, table.text("/bin/sh"), table.pointers(ARGUMENTS), table.pointers(ENVIRONMENT));
        return table;
    }
}
