package org.linuxssi.bench;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.linuxssi.proc.Relations;
import org.linuxssi.tools.NodeSet;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** The form in messages of what the pid directory has of a process with two children. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class CodecBench {

    private final Relations relations = new Relations(
            numbers(16831, 1),
            NodeSet.first(2),
            List.of(
                    new Relations.Child(numbers(16832, 16831), Optional.empty()),
                    new Relations.Child(numbers(16833, 16831), Optional.of(256))));
    private final byte[] bytes = Relations.CODEC.toBytes(relations);

    private static Relations.Numbers numbers(int pid, int parent) {
        return new Relations.Numbers(pid, parent, 16831, 16831, 1000, 1000, false);
    }

    /** Writes it. */
    @Benchmark
    public byte[] encode() {
        return Relations.CODEC.toBytes(relations);
    }

    /** Reads it. */
    @Benchmark
    public Relations decode() {
        return Relations.CODEC.fromBytes(bytes);
    }
}
