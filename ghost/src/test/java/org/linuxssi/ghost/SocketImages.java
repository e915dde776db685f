package org.linuxssi.ghost;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.RootedCalls;
import org.linuxssi.linux.Sockets;
import org.linuxssi.linux.StreamSockets;

/** Saves sockets of this process and makes them again beside the originals, or in their place. */
abstract class SocketImages {

    static final int SELF = (int) ProcessHandle.current().pid();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    final List<Integer> opened = new ArrayList<>();

    @AfterEach
    void closeAll() {
        opened.forEach(Descriptors::close);
    }

    int keep(int descriptor) {
        opened.add(descriptor);
        return descriptor;
    }

    int socket(int domain, int type) {
        return keep(Sockets.create(domain, type, 0));
    }

    int[] pair(int type) {
        StreamSockets.Pair pair = RootedCalls.pairAs(type, 0, 0);
        return new int[] {keep(pair.first()), keep(pair.second())};
    }

    void end(int... descriptors) {
        for (int descriptor : descriptors) {
            opened.removeIf(other -> other == descriptor);
            Descriptors.close(descriptor);
        }
    }

    static SharedFiles save(int... descriptors) {
        try (SavedFiles files = new SavedFiles(false)) {
            files.look(List.of(SELF), true);
            for (int descriptor : descriptors) {
                var file = OpenFiles.of(SELF, descriptor);
                assertThat(files.refusal(file)).isEmpty();
                files.export(file, Descriptors.duplicate(descriptor));
            }
            return SharedFiles.CODEC.fromBytes(SharedFiles.CODEC.toBytes(files.all()));
        }
    }

    static Optional<String> refusal(int descriptor) {
        try (SavedFiles files = new SavedFiles(false)) {
            files.look(List.of(SELF), true);
            return files.refusal(OpenFiles.of(SELF, descriptor));
        }
    }

    private static java.nio.channels.FileChannel noObject(int number) {
        throw new AssertionError("object " + number);
    }

    int[] restore(SharedFiles image) {
        try (RestoredFiles files = new RestoredFiles(image, "", SocketImages::noObject, Map.of())) {
            int[] made = new int[image.files().size()];
            for (int number = 0; number < made.length; number++) {
                made[number] = keep(files.restore(ByteBuffer.allocate(4)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putInt(number)
                        .array()));
            }
            files.settle();
            return made;
        }
    }

    static void send(int descriptor, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        assertThat(Sockets.send(descriptor, bytes, Optional.empty())).isEqualTo(bytes.length);
    }

    static void sendTo(int descriptor, String text, byte[] name) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        assertThat(Sockets.send(RootedCalls.HERE, descriptor, bytes, SocketNames.address(name), Optional.empty()))
                .isEqualTo(bytes.length);
    }

    /** Returns what one receive brings: the text, or the name of the error. */
    static String receive(int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment into = arena.allocate(1 << 20);
            long count = StreamSockets.receive(descriptor, into, into.byteSize());
            return count < 0
                    ? Errno.of((int) -count).toString()
                    : new String(into.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
        }
    }

    static byte[] loopback(int domain, byte[] address) {
        byte[] loopback = address.clone();
        if (domain == Sockets.AF_INET) {
            loopback[4] = 127;
            loopback[7] = 1;
        } else {
            loopback[23] = 1;
        }
        return loopback;
    }
}
