package org.linuxssi.stream;

import java.lang.System.Logger;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.ProcFilesCall;
import org.linuxssi.stream.Holders.Holder;
import org.linuxssi.stream.ReadWaits.Wait;

/**
 * Looks in {@code /proc} who waits to read the stand-ins of this node that are filled on demand, and who holds originals.
 * It has a thread of its own, since looking takes a while; answers come on the loop's thread. It looks every millisecond
 * while something happens, more rarely the longer nothing does, and not at all when nobody needs to know.
 */
final class Observer implements AutoCloseable {

    private static final Logger LOG = System.getLogger(Observer.class.getName());
    private static final long MILLI = 1_000_000;
    private static final long QUICK = MILLI;
    private static final long SLOW = 16 * MILLI;
    private static final long SLOWEST = 40 * MILLI;
    private static final long QUIET = 2_000 * MILLI;
    private static final long ALL_AT_ONCE = 20 * MILLI;
    private static final long ALL_SOON = 250 * MILLI;
    private static final long ALL_LATER = 1_000 * MILLI;
    private static final int LOAD = 5;

    private record Question(String name, Consumer<Boolean> answer) {}

    private final Loop loop;
    private final Map<String, Listener> listeners = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<Question> questions = new ConcurrentLinkedQueue<>();
    private final Holders holders = new Holders();
    private final Thread thread;
    private Map<String, Wish> before = Map.of();
    private Map<String, Wish.Reader> tried = Map.of();
    private long lastAll;
    private long quietSince;
    private long interval = QUICK;
    private volatile long changed;
    private volatile boolean kicked;
    private volatile boolean stale;
    private volatile boolean closed;

    Observer(String name, Loop loop) {
        this.loop = loop;
        thread = Thread.ofPlatform().daemon().name(name).start(this::run);
    }

    /** Hears what programs want. */
    interface Listener {

        /**
         * The holders of a stand-in want this.
         *
         * @param began when looking began, by {@link System#nanoTime}
         */
        void looked(Wish wish, long began);
    }

    /** Tells the listener again and again what the holders of a stand-in want, until {@link #ignore}. */
    void observe(String name, Listener listener) {
        listeners.put(name, listener);
        refresh();
    }

    /** Other processes may hold the stand-ins now. */
    void refresh() {
        changed = System.nanoTime();
        stale = true;
        kick();
    }

    /** Stops telling. */
    void ignore(String name) {
        listeners.remove(name);
    }

    /** Something happens: looks now and often. */
    void kick() {
        kicked = true;
        LockSupport.unpark(thread);
    }

    /** Tells whether processes other than this one can read a pipe; looked up after the call. */
    void readByOthers(String name, Consumer<Boolean> answer) {
        questions.add(new Question(name, answer));
        LockSupport.unpark(thread);
    }

    private void run() {
        while (!closed) {
            long start = System.nanoTime();
            try {
                round(start);
            } catch (RuntimeException problem) {
                LOG.log(Logger.Level.ERROR, "looking for readers failed", problem);
            }
            pause(System.nanoTime() - start);
        }
    }

    private void pause(long spent) {
        if (closed || kicked || !questions.isEmpty()) {
            LockSupport.parkNanos(QUICK / 2);
        } else if (listeners.isEmpty()) {
            LockSupport.park(this);
        } else {
            LockSupport.parkNanos(Math.max(interval, LOAD * spent));
        }
    }

    private void round(long now) {
        pace(now);
        int asked = questions.size();
        if (asked > 0 || (!listeners.isEmpty() && now - lastAll > patience(now))) {
            stale = false;
            lastAll = now;
            holders.lookAll();
            tried = triedWithoutWaiting();
        }
        for (int i = 0; i < asked; i++) {
            answer(questions.remove());
        }
        if (!listeners.isEmpty()) {
            holders.lookForNew();
            tell(wishes(), now);
        }
    }

    private void answer(Question question) {
        boolean others = holders.readByOthers(question.name());
        loop.post(() -> question.answer().accept(others));
    }

    private long patience(long now) {
        if (stale) {
            return ALL_AT_ONCE;
        }
        return now - changed < QUIET ? ALL_SOON : ALL_LATER;
    }

    private void pace(long now) {
        if (kicked) {
            kicked = false;
            interval = QUICK;
            quietSince = now;
        } else {
            interval = Math.min(interval * 2, now - quietSince > QUIET ? SLOWEST : SLOW);
        }
    }

    private Map<String, Wish.Reader> triedWithoutWaiting() {
        Map<String, Wish.Reader> names = new HashMap<>();
        for (String name : listeners.keySet()) {
            holders.triedWithoutWaiting(name).ifPresent(holder -> names.put(name, reader(name, holder.pid())));
        }
        return names;
    }

    private static Wish.Reader reader(String name, int pid) {
        return Holders.mayBeTerminal(name) ? Holders.reader(pid) : Wish.Reader.ANYBODY;
    }

    private void tell(Map<String, Wish> wishes, long now) {
        if (!wishes.equals(before)) {
            before = wishes;
            interval = QUICK;
            quietSince = now;
        }
        loop.post(() ->
                listeners.forEach((name, listener) -> listener.looked(wishes.getOrDefault(name, Wish.NOTHING), now)));
    }

    /** Looks at all threads of all holders. */
    private Map<String, Wish> wishes() {
        Map<String, Wish> wishes = new HashMap<>();
        Map<Integer, Set<String>> byProcess = new HashMap<>();
        for (String name : listeners.keySet()) {
            for (Holder holder : holders.readersOf(name)) {
                byProcess.computeIfAbsent(holder.pid(), _ -> new HashSet<>()).add(name);
            }
        }
        byProcess.forEach((pid, names) -> look(pid, names, wishes));
        tried.forEach((name, reader) -> wishes.merge(name, Wish.trying(reader), Wish::and));
        return wishes;
    }

    private void look(int pid, Set<String> names, Map<String, Wish> wishes) {
        try {
            for (int thread : ProcFiles.threads(pid)) {
                ProcFilesCall call = ProcFilesCall.of(pid, thread);
                if (call.number() == ProcFilesCall.RUNNING) {
                    names.forEach(name -> wishes.merge(name, Wish.running(), Wish::and));
                } else {
                    waiting(pid, thread, call, wishes);
                }
            }
        } catch (ErrnoException _) {
            // ended meanwhile
        }
    }

    private void waiting(int pid, int thread, ProcFilesCall call, Map<String, Wish> wishes) {
        for (Wait wait : ReadWaits.of(pid, call)) {
            Holders.name(pid, wait.descriptor())
                    .filter(listeners::containsKey)
                    .filter(name -> Holders.reads(new Holder(pid, wait.descriptor()), name, 0) && sleeps(pid, thread))
                    .ifPresent(name -> wishes.merge(name, Wish.waiting(wait.bytes(), reader(name, pid)), Wish::and));
        }
    }

    /** A thread that is stopped by a signal or a tracer in the middle of a call wants nothing. */
    private static boolean sleeps(int pid, int thread) {
        return ProcFiles.stat(pid + "/task/" + thread).state() == 'S';
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        try {
            thread.join();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
