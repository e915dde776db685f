package org.linuxssi.stream;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.ProcFilesCall;
import org.linuxssi.linux.ProcessMemory;

/** Finds the descriptors that a blocked thread waits to read, by the system call it is in and the memory it names. */
final class ReadWaits {

    /** POLLIN, POLLRDNORM; EPOLLIN is the same ({@code asm-generic/poll.h}). */
    private static final int INPUT = 0x41;

    private static final int POLLFD = 8;
    private static final int VECTOR = 16;
    private static final int MOST = 4096;

    /**
     * A descriptor that a thread waits to read.
     *
     * @param descriptor in its process
     * @param bytes how many it takes at most; 0 when it only asks whether there are some
     */
    record Wait(int descriptor, long bytes) {}

    private ReadWaits() {}

    /** Returns what the thread waits for; none when it waits for something else. */
    static List<Wait> of(int pid, ProcFilesCall call) {
        return switch ((int) call.number()) {
            case Nr.READ -> List.of(new Wait((int) call.argument(0), call.argument(2)));
            case Nr.READV, Nr.PREADV2 ->
                List.of(new Wait((int) call.argument(0), vectors(pid, call.argument(1), call.argument(2))));
            case Nr.SPLICE -> List.of(new Wait((int) call.argument(0), call.argument(4)));
            case Nr.TEE -> List.of(new Wait((int) call.argument(0), call.argument(2)));
            case Nr.SENDFILE -> List.of(new Wait((int) call.argument(1), call.argument(3)));
            case Nr.POLL, Nr.PPOLL, Nr.RESTART_SYSCALL -> polled(pid, call.argument(0), call.argument(1));
            case Nr.SELECT, Nr.PSELECT6 -> selected(pid, call.argument(1), call.argument(0));
            case Nr.EPOLL_WAIT, Nr.EPOLL_PWAIT, Nr.EPOLL_PWAIT2 -> watched(pid, (int) call.argument(0));
            default -> List.of();
        };
    }

    private static ByteBuffer memory(int pid, long address, long length) {
        try (ProcessMemory memory = new ProcessMemory(pid)) {
            return ByteBuffer.wrap(memory.read(address, (int) length)).order(ByteOrder.LITTLE_ENDIAN);
        } catch (ErrnoException _) {
            return ByteBuffer.allocate(0);
        }
    }

    private static long vectors(int pid, long address, long count) {
        if (count <= 0 || count > MOST) {
            return 0;
        }
        ByteBuffer vectors = memory(pid, address, count * VECTOR);
        long total = 0;
        for (int at = 0; at + VECTOR <= vectors.limit(); at += VECTOR) {
            total += vectors.getLong(at + 8);
        }
        return total;
    }

    private static List<Wait> polled(int pid, long address, long count) {
        List<Wait> waits = new ArrayList<>();
        if (count > 0 && count <= MOST) {
            ByteBuffer polls = memory(pid, address, count * POLLFD);
            for (int at = 0; at + POLLFD <= polls.limit(); at += POLLFD) {
                if ((polls.getShort(at + 4) & INPUT) != 0 && polls.getInt(at) >= 0) {
                    waits.add(new Wait(polls.getInt(at), 0));
                }
            }
        }
        return waits;
    }

    private static List<Wait> selected(int pid, long address, long count) {
        List<Wait> waits = new ArrayList<>();
        if (address != 0 && count > 0 && count <= MOST) {
            ByteBuffer set = memory(pid, address, (count + 63) / 64 * 8);
            for (int descriptor = 0; descriptor < Math.min(count, set.limit() * 8L); descriptor++) {
                if ((set.get(descriptor / 8) & (1 << (descriptor % 8))) != 0) {
                    waits.add(new Wait(descriptor, 0));
                }
            }
        }
        return waits;
    }

    private static List<Wait> watched(int pid, int epoll) {
        List<Wait> waits = new ArrayList<>();
        for (String line : ProcFiles.fdinfo(pid, epoll).extra()) {
            target(line).ifPresent(descriptor -> waits.add(new Wait(descriptor, 0)));
        }
        return waits;
    }

    /** Reads {@code tfd: 5 events: 19 data: 5 pos:0 ino:61 sdev:5}. */
    private static OptionalInt target(String line) {
        String[] words = line.strip().split("\\s+");
        boolean input = words.length > 3
                && words[0].equals("tfd:")
                && words[2].equals("events:")
                && (Long.parseLong(words[3], 16) & INPUT) != 0;
        return input ? OptionalInt.of(Integer.parseInt(words[1])) : OptionalInt.empty();
    }
}
