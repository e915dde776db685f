package org.linuxssi.daemon;

import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.linuxssi.control.ControlException;
import org.linuxssi.control.Request;
import org.linuxssi.kddm.Benchmark;
import org.linuxssi.kddm.Kddm;
import org.linuxssi.kddm.KddmException;
import org.linuxssi.kddm.WaitInfo;
import org.linuxssi.kddm.spi.SetId;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.procfs.ProcExtensions;
import org.linuxssi.procfs.SyntheticFile;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.rpc.RpcException;
import org.linuxssi.rpc.Service;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.Registration;

/** What {@code krg kddm} and {@code /proc/kerrighed/kddm} show. */
final class KddmViews implements AutoCloseable {

    private static final Logger LOG = System.getLogger(KddmViews.class.getName());
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final int LONGEST = 1 << 20;
    private static final int MOST_WAITS = 2000;
    private static final int MOST_IN_PROC = 10_000;
    private static final int BYTES_A_LINE = 16;
    private static final int LOOPS_IN_PROC = 16;
    private static final Service<Codec.Nothing, String> WAITS = Service.of(
            407,
            "daemon.kddm-waits",
            Codec.NOTHING,
            Codec.of((text, out) -> out.text(text), in -> in.text(LONGEST)),
            Service.Dispatch.BLOCKING);

    private final Kddm kddm;
    private final Rpc rpc;
    private final Supplier<NodeSet> online;
    private final List<Registration> registrations = new ArrayList<>();

    /** Serves what other nodes ask of this one, and adds the files. */
    KddmViews(Kddm kddm, Rpc rpc, Supplier<NodeSet> online, ProcExtensions files) {
        this.kddm = kddm;
        this.rpc = rpc;
        this.online = online;
        registrations.add(rpc.serve(WAITS, (_, _) -> waitsHere()));
        registrations.add(files.add("kddm/sets", _ -> bytes(KddmTable.sets(kddm.sets()))));
        registrations.add(files.add("kddm/stat", _ -> bytes(KddmTable.format(kddm.sets()))));
        registrations.add(files.add("kddm/waits", _ -> bytes(waits())));
        registrations.add(files.add("kddm/objects", _ -> bytes(allObjects())));
        registrations.add(files.add("kddm/bench", new BenchmarkFile()));
    }

    /** Each open of it measures. */
    private final class BenchmarkFile implements SyntheticFile {
        @Override
        public byte[] read(int uid) {
            if (uid != 0) {
                throw new ErrnoException("read /proc/kerrighed/kddm/bench", Errno.EACCES);
            }
            try {
                return bytes(benchmark(LOOPS_IN_PROC));
            } catch (ControlException problem) {
                LOG.log(Level.WARNING, "/proc/kerrighed/kddm/bench: {0}", problem.getMessage());
                throw new ErrnoException("read /proc/kerrighed/kddm/bench", problem.errno());
            }
        }

        @Override
        public int permissions() {
            return 0400;
        }
    }

    private static byte[] bytes(String text) {
        return (text + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /** Answers a request; only root gets at objects. */
    String text(Request.Kddm request) {
        return switch (request.topic()) {
            case SETS -> KddmTable.sets(kddm.sets());
            case STAT -> KddmTable.format(kddm.sets());
            case OBJECTS -> KddmTable.objects(kddm.objects(set(request.set()), Math.max(1, request.limit())));
            case WAITS -> waits();
            case GET -> get(set(request.set()), request.object());
            case BENCH -> benchmark(request.limit());
        };
    }

    private String benchmark(int loops) {
        if (loops < 1 || loops > Benchmark.MOST_LOOPS) {
            throw new ControlException(
                    Errno.EINVAL, "bench kddm: " + loops + " loops are not in 1-" + Benchmark.MOST_LOOPS);
        }
        try {
            return KddmTable.benchmark(kddm.benchmark().run(loops));
        } catch (IllegalStateException refused) {
            throw new ControlException(Errno.EBUSY, "bench kddm: " + refused.getMessage());
        } catch (KddmException | RpcException | UncheckedIOException failed) {
            throw new ControlException(Errno.EIO, "bench kddm: " + failed.getMessage());
        }
    }

    private SetId set(String text) {
        SetId id;
        try {
            String[] parts = text.split(":", -1);
            if (parts.length != 2) {
                throw new NumberFormatException("no colon");
            }
            id = SetId.of(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
        } catch (IllegalArgumentException wrong) {
            throw new ControlException(
                    Errno.EINVAL, "'" + text + "' is no set: sets are named as 200:1, see krg kddm sets");
        }
        if (kddm.sets().stream().noneMatch(known -> known.id().equals(id))) {
            throw new ControlException(
                    Errno.ENOENT, "node " + kddm.self() + " knows no set " + id + ": see krg kddm sets");
        }
        return id;
    }

    private String get(SetId set, long object) {
        try {
            byte[] bytes = kddm.bytes(set, object)
                    .orElseThrow(() -> new ControlException(
                            Errno.ENOENT, "object " + object + " of set " + set + " does not exist"));
            return dump(bytes);
        } catch (KddmException failed) {
            throw new ControlException(Errno.EIO, String.valueOf(failed.getMessage()));
        }
    }

    /** Returns lines of an offset, bytes and their characters, as {@code hexdump -C} does. */
    static String dump(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (int at = 0; at < bytes.length; at += BYTES_A_LINE) {
            int end = Math.min(bytes.length, at + BYTES_A_LINE);
            StringBuilder characters = new StringBuilder();
            for (int i = at; i < end; i++) {
                characters.append(bytes[i] >= ' ' && bytes[i] <= '~' ? (char) bytes[i] : '.');
            }
            text.append(String.format(
                    "%08x  %-47s  |%s|\n", at, HexFormat.ofDelimiter(" ").formatHex(bytes, at, end), characters));
        }
        return text.append(String.format("%08x", bytes.length)).toString();
    }

    private String allObjects() {
        StringBuilder text = new StringBuilder();
        kddm.sets().forEach(set -> text.append("set ")
                .append(set.id())
                .append('\n')
                .append(KddmTable.objects(kddm.objects(set.id(), MOST_IN_PROC)))
                .append('\n'));
        return text.toString().stripTrailing();
    }

    private String waitsHere() {
        List<WaitInfo> waits = kddm.waits();
        return KddmTable.waits(waits.subList(0, Math.min(waits.size(), MOST_WAITS)));
    }

    /** Returns what waits at the homes of all nodes. */
    private String waits() {
        Map<NodeId, String> parts = new TreeMap<>();
        rpc.ask(online.get().plus(rpc.self()), WAITS, Codec.Nothing.NOTHING, PATIENCE)
                .forEach((node, answer) -> {
                    try {
                        parts.put(node, answer.join());
                    } catch (CompletionException problem) {
                        LOG.log(Level.DEBUG, "node {0} does not tell who waits: {1}", node, problem);
                        parts.put(node, "node " + node + " does not answer");
                    }
                });
        StringBuilder text = new StringBuilder(KddmTable.WAITS_HEAD);
        parts.values().stream().filter(part -> !part.isEmpty()).forEach(part -> text.append('\n')
                .append(part));
        return text.toString();
    }

    @Override
    public void close() {
        registrations.forEach(Registration::close);
    }
}
