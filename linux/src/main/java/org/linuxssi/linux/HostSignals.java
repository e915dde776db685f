package org.linuxssi.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Signals that this process itself gets, also those that the Java machine would keep for itself, as QUIT.
 *
 * <p>The handler is machine code that writes the signal's number into a pipe: it may run on any thread at any time, also
 * on one that knows nothing of Java. A thread of ours reads the numbers and acts on them in their order.
 */
public final class HostSignals {

    // include/uapi/asm-generic/mman-common.h
    private static final int PROT_READ_WRITE = 3;
    private static final int PROT_READ_EXEC = 5;
    private static final int MAP_PRIVATE_ANONYMOUS = 0x22;
    private static final int PAGE = 4096;

    // arch/x86/include/uapi/asm/signal.h
    private static final long SA_RESTORER = 0x04000000;
    private static final long SA_ONSTACK = 0x08000000;
    private static final long SA_RESTART = 0x10000000;
    private static final long SIG_IGN = 1;
    private static final int MASK_BYTES = 8;

    /** struct sigaction of the kernel: handler, flags, restorer, mask. */
    private static final int SIGACTION = 32;

    /** mov eax, 15; syscall: rt_sigreturn(2). */
    private static final byte[] RETURN = {(byte) 0xb8, 15, 0, 0, 0, 0x0f, 0x05};

    private static final Map<Integer, Runnable> ACTIONS = new ConcurrentHashMap<>();

    private HostSignals() {}

    /** The handler and its pipe, made when the first signal is asked for; they stay for as long as the process. */
    private static final class Handler {

        static final Handler INSTANCE = new Handler();

        private final long handler;
        private final long restorer;

        private Handler() {
            Fds.Pipe pipe = Fds.pipe();
            Descriptors.setFlags(pipe.writeEnd(), Descriptors.O_WRONLY | Descriptors.O_NONBLOCK);
            byte[] handling = handling(pipe.writeEnd());
            handler = map(handling);
            restorer = handler + handling.length - RETURN.length;
            Thread.ofPlatform().daemon().name("signals").start(() -> act(pipe.readEnd()));
        }

        @SuppressWarnings("restricted")
        private static long map(byte[] code) {
            long page = Syscalls.check(
                    "map a signal handler",
                    Syscalls.call(Nr.MMAP, 0, PAGE, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0));
            MemorySegment.copy(
                    MemorySegment.ofArray(code),
                    0,
                    MemorySegment.ofAddress(page).reinterpret(code.length),
                    0,
                    code.length);
            Syscalls.check("protect a signal handler", Syscalls.call(Nr.MPROTECT, page, PAGE, PROT_READ_EXEC));
            return page;
        }

        private static void act(int pipe) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment number = arena.allocate(1);
                while (DescriptorIo.read(pipe, number) == 1) {
                    Runnable action = ACTIONS.get((int) number.get(JAVA_BYTE, 0));
                    if (action != null) {
                        action.run();
                    }
                }
            }
        }
    }

    /** Returns the code that writes its argument, one byte, into a descriptor, followed by {@link #RETURN}. */
    private static byte[] handling(int descriptor) {
        ByteArrayOutputStream code = new ByteArrayOutputStream();
        code.write(0x57); // push rdi
        code.writeBytes(new byte[] {0x48, (byte) 0x89, (byte) 0xe6}); // mov rsi, rsp
        code.write(0xbf); // mov edi, descriptor
        for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
            code.write(descriptor >> shift);
        }
        code.writeBytes(new byte[] {(byte) 0xba, 1, 0, 0, 0}); // mov edx, 1
        code.writeBytes(new byte[] {(byte) 0xb8, Nr.WRITE, 0, 0, 0}); // mov eax, write
        code.writeBytes(new byte[] {0x0f, 0x05}); // syscall
        code.writeBytes(new byte[] {0x5f, (byte) 0xc3}); // pop rdi; ret
        code.writeBytes(RETURN);
        return code.toByteArray();
    }

    /**
     * Runs the action for each signal of this number from now on, in place of an earlier action, on a thread for all
     * signals. One that is ignored stays so, as for a command under nohup(1).
     *
     * @param signal 1 to 64, not KILL or STOP
     * @return whether the action will be run
     */
    public static boolean on(int signal, Runnable action) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment sigaction = arena.allocate(SIGACTION, 8);
            Syscalls.check("look at signal " + signal, act(signal, 0, sigaction.address()));
            if (sigaction.get(JAVA_LONG, 0) == SIG_IGN) {
                return false;
            }
            ACTIONS.put(signal, action);
            sigaction.fill((byte) 0);
            sigaction.set(JAVA_LONG, 0, Handler.INSTANCE.handler);
            sigaction.set(JAVA_LONG, 8, SA_RESTORER | SA_ONSTACK | SA_RESTART);
            sigaction.set(JAVA_LONG, 16, Handler.INSTANCE.restorer);
            Syscalls.check("handle signal " + signal, act(signal, sigaction.address(), 0));
            return true;
        }
    }

    private static long act(int signal, long wanted, long old) {
        return Syscalls.call(Nr.RT_SIGACTION, signal, wanted, old, MASK_BYTES);
    }
}
