package org.linuxssi.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/** What bounds a migration: the same bytes from memory to memory over a bare connection on the loopback interface. */
final class TcpCopy {

    private static final int CHUNK = 1 << 20;

    private TcpCopy() {}

    /** Copies so many bytes and returns the milliseconds from connecting until the last has been read. */
    static double millis(long bytes) throws IOException, InterruptedException {
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            Thread sender = Thread.ofPlatform().start(() -> send((InetSocketAddress) address(server), bytes));
            long start = System.nanoTime();
            try (SocketChannel channel = server.accept()) {
                receive(channel, bytes);
            }
            double millis = (System.nanoTime() - start) / 1e6;
            sender.join();
            return millis;
        }
    }

    private static SocketAddress address(ServerSocketChannel server) {
        try {
            return server.getLocalAddress();
        } catch (IOException problem) {
            throw new UncheckedIOException(problem);
        }
    }

    private static void send(InetSocketAddress to, long bytes) {
        ByteBuffer source = ByteBuffer.allocateDirect(CHUNK);
        try (SocketChannel channel = SocketChannel.open(to)) {
            for (long left = bytes; left > 0; ) {
                source.clear().limit((int) Math.min(CHUNK, left));
                while (source.hasRemaining()) {
                    left -= channel.write(source);
                }
            }
        } catch (IOException problem) {
            throw new UncheckedIOException(problem);
        }
    }

    private static void receive(SocketChannel channel, long bytes) throws IOException {
        byte[] memory = new byte[(int) Math.min(bytes, Integer.MAX_VALUE - 8)];
        ByteBuffer buffer = ByteBuffer.allocateDirect(CHUNK);
        for (long done = 0; done < bytes; ) {
            buffer.clear();
            int count = channel.read(buffer);
            if (count < 0) {
                throw new IOException("the sender stopped early");
            }
            buffer.flip();
            buffer.get(memory, (int) (done % (memory.length - CHUNK + 1)), count);
            done += count;
        }
    }
}
