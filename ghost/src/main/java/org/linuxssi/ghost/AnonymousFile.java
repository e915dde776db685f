package org.linuxssi.ghost;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.linuxssi.ghost.spi.OpenFile;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.Syscalls;
import org.linuxssi.tools.Codec;

/**
 * An open file that stands for nothing but a state in the kernel, which {@code fdinfo} tells: another kernel can make one
 * that is in the same state.
 */
sealed interface AnonymousFile {

    /** How a descriptor is told to be one: {@code anon_inode:[eventfd]}. */
    String LINK = "anon_inode:";

    Codec<AnonymousFile> CODEC = Codec.of(
            (file, out) -> {
                switch (file) {
                    case Counter counter -> out.constant(Kind.COUNTER).value(counter, Counter.CODEC);
                    case Timer timer -> out.constant(Kind.TIMER).value(timer, Timer.CODEC);
                    case Signals signals -> out.constant(Kind.SIGNALS).value(signals, Signals.CODEC);
                    case Interest interest -> out.constant(Kind.INTEREST).value(interest, Interest.CODEC);
                    case Reference reference -> out.constant(Kind.REFERENCE).value(reference, Reference.CODEC);
                    case Watches watches -> out.constant(Kind.WATCHES).value(watches, Watches.CODEC);
                }
            },
            in -> switch (in.constant(Kind.values())) {
                case COUNTER -> in.value(Counter.CODEC);
                case TIMER -> in.value(Timer.CODEC);
                case SIGNALS -> in.value(Signals.CODEC);
                case INTEREST -> in.value(Interest.CODEC);
                case REFERENCE -> in.value(Reference.CODEC);
                case WATCHES -> in.value(Watches.CODEC);
            });

    /** Tells whether the file is one of those that can be made again. */
    static boolean is(OpenFile file) {
        return kind(file).isPresent();
    }

    private static Optional<Kind> kind(OpenFile file) {
        for (Kind kind : Kind.values()) {
            if (file.link().equals(LINK + kind.link)) {
                return Optional.of(kind);
            }
        }
        return Optional.empty();
    }

    /** Returns the call that made it, for users: {@code eventfd}. */
    static String name(OpenFile file) {
        return file.link().substring(LINK.length()).replaceAll("[\\[\\]]", "");
    }

    /** Returns why a file of this sort can't move, besides being shared; empty when it can. */
    static Optional<String> refusal(OpenFile file) {
        return switch (kind(file).orElseThrow()) {
            case COUNTER -> Counter.refusal(file);
            case INTEREST -> Interest.refusal(file);
            case REFERENCE -> Reference.refusal(file);
            case WATCHES -> Watches.refusal(file);
            case TIMER, SIGNALS -> Optional.empty();
        };
    }

    /**
     * Takes the state.
     *
     * @param file of a frozen process
     * @param duplicate a descriptor of our own for it
     */
    static AnonymousFile of(OpenFile file, int duplicate) {
        return switch (kind(file).orElseThrow()) {
            case COUNTER -> Counter.of(file);
            case TIMER -> Timer.of(file, duplicate);
            case SIGNALS -> Signals.of(file);
            case INTEREST -> Interest.of(file);
            case REFERENCE -> Reference.of(file);
            case WATCHES -> Watches.of(file, duplicate);
        };
    }

    /** Tells whether it matters that another process has it too. */
    static boolean changes(OpenFile file) {
        return kind(file).orElseThrow() != Kind.REFERENCE;
    }

    /** Tells whether one that processes share can be made by another. */
    static boolean anybodyMakes(OpenFile file) {
        Kind kind = kind(file).orElseThrow();
        return kind == Kind.COUNTER || kind == Kind.TIMER || kind == Kind.SIGNALS;
    }

    /** Tells whether it names its files by descriptors of a process. */
    static boolean isInterest(OpenFile file) {
        return kind(file).orElseThrow() == Kind.INTEREST;
    }

    /** Returns its flags of open(2). */
    int flags();

    /** The kinds, by the end of their links. */
    enum Kind {
        COUNTER("[eventfd]"),
        TIMER("[timerfd]"),
        SIGNALS("[signalfd]"),
        INTEREST("[eventpoll]"),
        REFERENCE("[pidfd]"),
        WATCHES("inotify");

        private final String link;

        Kind(String link) {
            this.link = link;
        }
    }

    private static Optional<String> line(List<String> lines, String name) {
        return lines.stream()
                .filter(line -> line.startsWith(name + ":"))
                .map(line -> line.substring(name.length() + 1).trim())
                .findFirst();
    }

    private static String told(OpenFile file, String name) {
        return line(file.extra(), name)
                .orElseThrow(() -> new IllegalStateException(
                        "fd " + file.fd() + ": the kernel does not tell " + name + " of " + file.link()));
    }

    /** A counter of eventfd(2); a semaphore gives out its value one by one. */
    record Counter(long value, boolean semaphore, int flags) implements AnonymousFile {
        static final Codec<Counter> CODEC = Codec.of(
                (c, out) -> out.i64(c.value).bool(c.semaphore).i32(c.flags),
                in -> new Counter(in.i64(), in.bool(), in.i32()));

        private static final String SEMAPHORE = "eventfd-semaphore";

        private static Counter of(OpenFile file) {
            return new Counter(
                    Long.parseUnsignedLong(told(file, "eventfd-count"), 16),
                    told(file, SEMAPHORE).equals("1"),
                    file.flags());
        }

        private static Optional<String> refusal(OpenFile file) {
            return line(file.extra(), SEMAPHORE).isPresent()
                    ? Optional.empty()
                    : Optional.of("eventfd: this kernel does not tell whether it is a semaphore");
        }
    }

    /**
     * A timer of timerfd_create(2).
     *
     * @param clock it runs by
     * @param mode of timerfd_settime(2)
     * @param ticks how often it has expired since it was read last
     * @param interval of its further expirations in nanoseconds; 0 for none
     * @param value in nanoseconds until the next one, or its time when the mode is absolute; 0 when it is not set
     */
    record Timer(int clock, int mode, long ticks, long interval, long value, int flags) implements AnonymousFile {
        static final Codec<Timer> CODEC = Codec.of(
                (t, out) -> out.i32(t.clock)
                        .i32(t.mode)
                        .i64(t.ticks)
                        .i64(t.interval)
                        .i64(t.value)
                        .i32(t.flags),
                in -> new Timer(in.i32(), in.i32(), in.i64(), in.i64(), in.i64(), in.i32()));

        private static final int REALTIME = 0;
        private static final int REALTIME_ALARM = 8;
        private static final int ABSOLUTE = 1;
        private static final long SECOND = 1_000_000_000;

        /**
         * How long, in nanoseconds, a timer is looked at that may not be set at all or may be due at this moment: for as long
         * as the interrupt of a processor can be late, which is longer in a virtual machine. One with an interval is hardly
         * ever not set.
         */
        private static final long DOUBT_ABOUT_PERIODIC = 200_000_000;

        private static final long DOUBT = 2_000_000;

        private static final long PAUSE = 250_000;

        /** Interval and time left, in nanoseconds. */
        private record Setting(long interval, long left) {

            /** The call counts the expirations until now, which {@code fdinfo} does not. */
            static Setting of(OpenFile file, int duplicate) {
                try (Arena arena = Arena.ofConfined()) {
                    MemorySegment words = arena.allocate(32, 8);
                    Syscalls.check(
                            "read the timer behind fd " + file.fd(),
                            Syscalls.call(Nr.TIMERFD_GETTIME, duplicate, words.address()));
                    long[] all = words.toArray(ValueLayout.JAVA_LONG);
                    return new Setting(all[0] * SECOND + all[1], all[2] * SECOND + all[3]);
                }
            }

            /** Tells whether it can have expired between the two looks. */
            boolean expiredBefore(Setting later) {
                return later.left > left || (later.left == 0) != (left == 0);
            }
        }

        /** A timer goes on while it is looked at: what {@code fdinfo} tells has to be of the time of the setting. */
        private static Timer of(OpenFile file, int duplicate) {
            long begin = System.nanoTime();
            Setting before = Setting.of(file, duplicate);
            while (true) {
                List<String> lines = ProcFiles.fdinfo(file.pid(), file.fd()).extra();
                Setting after = Setting.of(file, duplicate);
                if (after.left() == 0 && mayBeDue(after, lines, System.nanoTime() - begin)) {
                    LockSupport.parkNanos(PAUSE);
                } else if (!before.expiredBefore(after)) {
                    return of(file, after, lines);
                }
                before = after;
            }
        }

        /** One without an interval has expired, and is not set any more, when it has ticks. */
        private static boolean mayBeDue(Setting setting, List<String> lines, long looked) {
            return setting.interval() != 0 ? looked < DOUBT_ABOUT_PERIODIC : ticks(lines) == 0 && looked < DOUBT;
        }

        private static long ticks(List<String> lines) {
            return Long.parseUnsignedLong(line(lines, "ticks").orElse("0"));
        }

        private static Timer of(OpenFile file, Setting setting, List<String> lines) {
            int clock = Integer.parseInt(line(lines, "clockid").orElseThrow());
            int mode = Integer.parseInt(line(lines, "settime flags").orElse("0"), 8);
            long ticks = ticks(lines);
            long left = setting.left();
            boolean atATime = (mode & ABSOLUTE) != 0 && (clock == REALTIME || clock == REALTIME_ALARM) && left != 0;
            Instant now = Instant.now();
            return new Timer(
                    clock,
                    atATime ? mode : 0,
                    ticks,
                    setting.interval(),
                    atATime ? now.getEpochSecond() * SECOND + now.getNano() + left : left,
                    file.flags());
        }

        /** Returns a {@code struct itimerspec}. */
        long[] setting() {
            return new long[] {interval / SECOND, interval % SECOND, value / SECOND, value % SECOND};
        }
    }

    /** Where signals are read, of signalfd(2): the set of those that are. */
    record Signals(long mask, int flags) implements AnonymousFile {
        static final Codec<Signals> CODEC =
                Codec.of((s, out) -> out.i64(s.mask).i32(s.flags), in -> new Signals(in.i64(), in.i32()));

        private static Signals of(OpenFile file) {
            return new Signals(Long.parseUnsignedLong(told(file, "sigmask"), 16), file.flags());
        }
    }

    /** What pidfd_open(2) gives: a process, by its number in the cluster. */
    record Reference(int pid, int flags) implements AnonymousFile {
        static final Codec<Reference> CODEC =
                Codec.of((p, out) -> out.i32(p.pid).i32(p.flags), in -> new Reference(in.i32(), in.i32()));

        private static final Pattern BLANKS = Pattern.compile("\\s+");

        private static Reference of(OpenFile file) {
            return new Reference(number(file), file.flags());
        }

        private static int number(OpenFile file) {
            String[] numbers = BLANKS.split(told(file, "NSpid"));
            return Integer.parseInt(numbers[numbers.length - 1]);
        }

        private static Optional<String> refusal(OpenFile file) {
            return number(file) > 0 ? Optional.empty() : Optional.of("pidfd: the process has ended and was waited for");
        }
    }

    /** The files that inotify(7) watches; events that wait to be read can't be made again. */
    record Watches(List<Watched> files, int flags) implements AnonymousFile {

        private static final int LIMIT = 1 << 20;

        static final Codec<Watches> CODEC = Codec.of(
                (w, out) -> out.list(w.files, Watched.CODEC).i32(w.flags),
                in -> new Watches(in.list(LIMIT, Watched.CODEC), in.i32()));

        private static Watches of(OpenFile file, int duplicate) {
            List<Watched> files = ProcFiles.fdinfo(file.pid(), file.fd()).extra().stream()
                    .flatMap(line -> Watched.of(file, line).stream())
                    .sorted(Comparator.comparingInt(Watched::number))
                    .toList();
            if (Descriptors.readable(duplicate) > 0) {
                throw new ErrnoException("leave no event of inotify behind, fd " + file.fd(), Errno.EAGAIN);
            }
            return new Watches(files, file.flags());
        }

        private static Optional<String> refusal(OpenFile file) {
            int duplicate = Descriptors.fromProcess(file.pid(), file.fd());
            try {
                of(file, duplicate);
                return Optional.empty();
            } catch (ErrnoException problem) {
                return Optional.of("inotify: " + problem.getMessage());
            } finally {
                Descriptors.close(duplicate);
            }
        }
    }

    /** What epoll(7) watches for a process. */
    record Interest(List<Watch> watches, int flags) implements AnonymousFile {

        private static final int LIMIT = 1 << 20;
        private static final int KCMP_EPOLL_TFD = 7;
        private static final Pattern LINE =
                Pattern.compile("tfd:\\s*(\\d+)\\s+events:\\s*([0-9a-f]+)\\s+data:\\s*([0-9a-f]+)\\b.*");

        static final Codec<Interest> CODEC = Codec.of(
                (i, out) -> out.list(i.watches, Watch.CODEC).i32(i.flags),
                in -> new Interest(in.list(LIMIT, Watch.CODEC), in.i32()));

        /** One descriptor: the events that are waited for, and what is said with them. */
        record Watch(int descriptor, int events, long data) {
            static final Codec<Watch> CODEC = Codec.of(
                    (w, out) -> out.i32(w.descriptor).i32(w.events).i64(w.data),
                    in -> new Watch(in.length(LIMIT), in.i32(), in.i64()));

            /** Returns a {@code struct epoll_event}, which is packed. */
            byte[] event() {
                return ByteBuffer.allocate(12)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putInt(events)
                        .putLong(data)
                        .array();
            }
        }

        private static Interest of(OpenFile file) {
            return new Interest(watches(file), file.flags());
        }

        private static List<Watch> watches(OpenFile file) {
            List<Watch> watches = new ArrayList<>();
            for (String line : file.extra()) {
                Matcher matcher = LINE.matcher(line);
                if (matcher.matches()) {
                    watches.add(new Watch(
                            Integer.parseInt(matcher.group(1)),
                            Integer.parseUnsignedInt(matcher.group(2), 16),
                            Long.parseUnsignedLong(matcher.group(3), 16)));
                }
            }
            return watches;
        }

        /** A watched file may live on behind another descriptor, under a number that has become another file's. */
        private static Optional<String> refusal(OpenFile file) {
            List<Watch> watches = watches(file);
            for (int i = 0; i < watches.size(); i++) {
                int number = watches.get(i).descriptor();
                long before = watches.subList(0, i).stream()
                        .filter(watch -> watch.descriptor() == number)
                        .count();
                if (before > 0 || !watches(file, number)) {
                    return Optional.of("epoll watches a file that was descriptor " + number + ", which was closed");
                }
            }
            return Optional.empty();
        }

        private static boolean watches(OpenFile file, int number) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment slot = arena.allocate(12, 8);
                slot.set(ValueLayout.JAVA_INT, 0, file.fd());
                slot.set(ValueLayout.JAVA_INT, 4, number);
                return Syscalls.call(Nr.KCMP, file.pid(), file.pid(), KCMP_EPOLL_TFD, number, slot.address()) == 0;
            }
        }
    }
}
