package org.linuxssi.linux;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What a process inherited from whoever started it, byte for byte as UTF-8 whatever the locale is: the JDK's own
 * accessors replace what the locale's character set lacks.
 */
public final class CallerProcess {

    private static final int PATH_MAX = 4096;

    private CallerProcess() {}

    /**
     * Returns the last arguments of the command line.
     *
     * @param count how many
     * @throws ErrnoException EILSEQ when one is not UTF-8
     */
    public static List<String> arguments(int count) {
        List<byte[]> all = split("/proc/self/cmdline");
        return all.subList(all.size() - count, all.size()).stream()
                .map(argument -> text("argument " + new String(argument, StandardCharsets.ISO_8859_1), argument))
                .toList();
    }

    /** Returns the environment's entries {@code NAME=value}; those that are not UTF-8 are left out. */
    public static List<String> environment() {
        return split("/proc/self/environ").stream()
                .flatMap(entry -> decode(entry).stream())
                .toList();
    }

    /**
     * Returns the working directory, absolute.
     *
     * @throws ErrnoException ENOENT when it was removed
     */
    public static String directory() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment path = arena.allocate(PATH_MAX);
            long size = Syscalls.check("getcwd", Syscalls.call(Nr.GETCWD, path.address(), PATH_MAX));
            byte[] bytes = new byte[(int) size - 1];
            MemorySegment.copy(path, ValueLayout.JAVA_BYTE, 0, bytes, 0, bytes.length);
            return text("working directory", bytes);
        }
    }

    /** Returns the file mode creation mask; for a moment it is 077, so that no file can come out too open. */
    public static int umask() {
        int mask = (int) Syscalls.call(Nr.UMASK, 0077);
        Syscalls.call(Nr.UMASK, mask);
        return mask;
    }

    private static List<byte[]> split(String file) {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(Path.of(file));
        } catch (IOException problem) {
            throw new UncheckedIOException("read " + file, problem);
        }
        List<byte[]> parts = new ArrayList<>();
        int start = 0;
        for (int at = 0; at < bytes.length; at++) {
            if (bytes[at] == 0) {
                parts.add(Arrays.copyOfRange(bytes, start, at));
                start = at + 1;
            }
        }
        return parts;
    }

    private static String text(String what, byte[] bytes) {
        return decode(bytes).orElseThrow(() -> new ErrnoException(what + " is not UTF-8", Errno.EILSEQ));
    }

    private static Optional<String> decode(byte[] bytes) {
        try {
            return Optional.of(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString());
        } catch (CharacterCodingException _) {
            return Optional.empty();
        }
    }
}
