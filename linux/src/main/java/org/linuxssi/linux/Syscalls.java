package org.linuxssi.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * System calls by number, through libc's {@code syscall(2)}.
 *
 * <p>Arguments and pointers are plain longs; a result from -4095 to -1 is a negated {@link Errno} number, as the kernel
 * itself returns it. Keep the arenas of pointers reachable until the call returns.
 *
 * <pre>{@code
 * int fd = (int) Syscalls.check("open " + path, Syscalls.call(Nr.OPENAT, Abi.AT_FDCWD, name.address(), flags, 0));
 * }</pre>
 */
public final class Syscalls {

    private static final StructLayout CAPTURE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = CAPTURE.varHandle(StructLayout.PathElement.groupElement("errno"));
    private static final ThreadLocal<MemorySegment> STATE =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(CAPTURE));
    private static final MethodHandle SYSCALL = bind();

    private Syscalls() {}

    @SuppressWarnings("restricted")
    private static MethodHandle bind() {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(
                linker.defaultLookup().findOrThrow("syscall"),
                FunctionDescriptor.of(
                        JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
                Linker.Option.captureCallState("errno"));
    }

    /** Calls without arguments. */
    public static long call(long number) {
        return call(number, 0, 0, 0, 0, 0, 0);
    }

    /** Calls with one argument. */
    public static long call(long number, long a) {
        return call(number, a, 0, 0, 0, 0, 0);
    }

    /** Calls with two arguments. */
    public static long call(long number, long a, long b) {
        return call(number, a, b, 0, 0, 0, 0);
    }

    /** Calls with three arguments. */
    public static long call(long number, long a, long b, long c) {
        return call(number, a, b, c, 0, 0, 0);
    }

    /** Calls with four arguments. */
    public static long call(long number, long a, long b, long c, long d) {
        return call(number, a, b, c, d, 0, 0);
    }

    /** Calls with five arguments. */
    public static long call(long number, long a, long b, long c, long d, long e) {
        return call(number, a, b, c, d, e, 0);
    }

    /** Calls with six arguments; returns the result, or a negated error number. */
    public static long call(long number, long a, long b, long c, long d, long e, long f) {
        MemorySegment state = STATE.get();
        long result;
        try {
            result = (long) SYSCALL.invokeExact(state, number, a, b, c, d, e, f);
        } catch (Throwable problem) {
            throw new AssertionError("syscall " + number, problem);
        }
        return result == -1 ? -(int) ERRNO.get(state, 0L) : result;
    }

    /** Tells whether the result of a call is a negated error number. */
    public static boolean failed(long result) {
        return result < 0 && result >= -4095;
    }

    /**
     * Returns the result of a call that succeeded.
     *
     * @param operation the call and its object, for the message
     * @throws ErrnoException when the result is a negated error number
     */
    public static long check(String operation, long result) {
        if (failed(result)) {
            throw new ErrnoException(operation, Errno.of((int) -result));
        }
        return result;
    }

    /** Returns a null-terminated UTF-8 copy of the text; file names of other bytes use {@link #bytes}. */
    public static MemorySegment text(Arena arena, String text) {
        return arena.allocateFrom(text);
    }

    /** Returns a native copy of the bytes. */
    public static MemorySegment bytes(Arena arena, byte[] bytes) {
        MemorySegment copy = arena.allocate(Math.max(1, bytes.length), 8);
        MemorySegment.copy(MemorySegment.ofArray(bytes), 0, copy, 0, bytes.length);
        return copy;
    }

    /** Returns the first four bytes of a segment, where calls put descriptors and counts. */
    public static int word(MemorySegment segment) {
        return segment.get(JAVA_INT, 0);
    }
}
