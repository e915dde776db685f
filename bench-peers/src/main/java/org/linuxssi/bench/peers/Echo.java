package org.linuxssi.bench.peers;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** The bare exchange: a few bytes there, as many and a value back, a thread on each side that blocks in its socket. */
final class Echo {

    private static final int HEAD = 64;

    private final ServerSocket server;

    Echo() throws IOException {
        server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Thread.ofPlatform().name("echo").daemon().start(this::serve);
    }

    int port() {
        return server.getLocalPort();
    }

    private void serve() {
        byte[] request = new byte[HEAD];
        byte[] reply = new byte[HEAD + Values.BYTES];
        while (true) {
            try (Socket socket = server.accept()) {
                socket.setTcpNoDelay(true);
                DataInputStream in = new DataInputStream(socket.getInputStream());
                while (in.readNBytes(request, 0, HEAD) == HEAD) {
                    socket.getOutputStream().write(reply);
                }
            } catch (IOException problem) {
                throw new UncheckedIOException(problem);
            }
        }
    }

    /** Returns the nanoseconds of each exchange. */
    static long[] exchange(int port, int times) throws IOException {
        byte[] request = new byte[HEAD];
        byte[] reply = new byte[HEAD + Values.BYTES];
        long[] nanos = new long[times];
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setTcpNoDelay(true);
            OutputStream out = socket.getOutputStream();
            DataInputStream in = new DataInputStream(socket.getInputStream());
            for (int i = 0; i < times; i++) {
                long start = System.nanoTime();
                out.write(request);
                in.readFully(reply);
                nanos[i] = System.nanoTime() - start;
            }
        }
        return nanos;
    }
}
