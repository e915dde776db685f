package org.linuxssi.bench;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.linuxssi.linux.FuseDecoder;
import org.linuxssi.linux.FuseRequest;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Decoding of the requests that {@code ps} makes for each process: one to look a name up, one to read a file. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class FuseDecodeBench {

    private static final int HEADER = 40;
    private static final int LOOKUP = 1;
    private static final int READ = 15;

    private final MemorySegment lookup = lookup("16831");
    private final MemorySegment read = read();

    private static MemorySegment request(int opcode, int body) {
        MemorySegment bytes = Arena.ofAuto().allocate(HEADER + body, 8);
        bytes.set(JAVA_INT_UNALIGNED, 0, HEADER + body);
        bytes.set(JAVA_INT_UNALIGNED, 4, opcode);
        bytes.set(JAVA_LONG_UNALIGNED, 8, 4242);
        bytes.set(JAVA_LONG_UNALIGNED, 16, 1);
        return bytes;
    }

    private static MemorySegment lookup(String name) {
        MemorySegment bytes = request(LOOKUP, name.length() + 1);
        bytes.setString(HEADER, name);
        return bytes;
    }

    private static MemorySegment read() {
        MemorySegment bytes = request(READ, 40);
        bytes.set(JAVA_LONG_UNALIGNED, HEADER, 77);
        bytes.set(JAVA_INT_UNALIGNED, HEADER + 16, 4096);
        return bytes;
    }

    private static FuseRequest decode(MemorySegment bytes) {
        return FuseDecoder.decode(FuseDecoder.header(bytes), bytes, 0);
    }

    /** A name of five letters in a directory. */
    @Benchmark
    public FuseRequest lookupRequest() {
        return decode(lookup);
    }

    /** A page of an open file. */
    @Benchmark
    public FuseRequest readRequest() {
        return decode(read);
    }
}
