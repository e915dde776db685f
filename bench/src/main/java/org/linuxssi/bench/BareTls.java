package org.linuxssi.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;
import org.linuxssi.rpc.NodeKeys;

/** What bounds a stream under TLS: the same cipher on one thread, from memory to memory. */
final class BareTls {

    private static final int RECORD = 16 << 10;
    private static final int TAG_BITS = 128;
    private static final String CIPHER = "TLS_AES_128_GCM_SHA256";
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    /** Gigabytes a second, each on one thread. */
    record Rates(double encrypt, double decrypt) {}

    private final SSLEngine sender;
    private final SSLEngine receiver;
    private final ByteBuffer wire;
    private final ByteBuffer arrived;

    /** Makes a connection in memory; its handshake is done. */
    BareTls(NodeKeys keys) throws GeneralSecurityException, IOException {
        SSLContext context = context(keys);
        sender = engine(context, true);
        receiver = engine(context, false);
        wire = ByteBuffer.allocate(4 * sender.getSession().getPacketBufferSize());
        arrived = ByteBuffer.allocate(sender.getSession().getPacketBufferSize());
        ByteBuffer back = ByteBuffer.allocate(wire.capacity()).limit(0);
        wire.limit(0);
        while (unfinished(sender) || unfinished(receiver) || wire.hasRemaining() || back.hasRemaining()) {
            step(sender, back, wire);
            step(receiver, wire, back);
        }
    }

    private static SSLContext context(NodeKeys keys) throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("node", keys.key(), new char[0], new Certificate[] {keys.certificate(), keys.authority()});
        store.setCertificateEntry("authority", keys.authority());
        KeyManagerFactory own = KeyManagerFactory.getInstance("PKIX");
        own.init(store, new char[0]);
        TrustManagerFactory trusted = TrustManagerFactory.getInstance("PKIX");
        trusted.init(store);
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(own.getKeyManagers(), trusted.getTrustManagers(), null);
        return context;
    }

    private static SSLEngine engine(SSLContext context, boolean client) throws SSLException {
        SSLEngine engine = context.createSSLEngine();
        engine.setUseClientMode(client);
        engine.setEnabledCipherSuites(new String[] {CIPHER});
        engine.beginHandshake();
        return engine;
    }

    private static boolean unfinished(SSLEngine engine) {
        return engine.getHandshakeStatus() != HandshakeStatus.NOT_HANDSHAKING;
    }

    private void step(SSLEngine engine, ByteBuffer from, ByteBuffer to) throws SSLException {
        think(engine);
        if (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
            to.compact();
            engine.wrap(NOTHING, to);
            to.flip();
        } else {
            engine.unwrap(from, arrived);
        }
    }

    private static void think(SSLEngine engine) {
        for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
            task.run();
        }
    }

    /** Encrypts and decrypts so many bytes, record by record. */
    Rates measure(long bytes) throws SSLException {
        ByteBuffer source = ByteBuffer.allocate(RECORD);
        long encrypting = 0;
        long decrypting = 0;
        for (long left = bytes; left > 0; left -= RECORD) {
            wire.clear();
            source.clear();
            arrived.clear();
            long start = System.nanoTime();
            sender.wrap(source, wire);
            long middle = System.nanoTime();
            receiver.unwrap(wire.flip(), arrived);
            encrypting += middle - start;
            decrypting += System.nanoTime() - middle;
        }
        return new Rates(bytes / (double) encrypting, bytes / (double) decrypting);
    }

    /** Returns the gigabytes a second that the cipher alone encrypts, without records of TLS. */
    static double cipher(long bytes) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        SecretKeySpec key = new SecretKeySpec(new byte[16], "AES");
        byte[] source = new byte[RECORD];
        byte[] target = new byte[RECORD + TAG_BITS / Byte.SIZE];
        ByteBuffer nonce = ByteBuffer.allocate(12);
        long start = System.nanoTime();
        for (long left = bytes; left > 0; left -= RECORD) {
            nonce.putLong(0, left);
            cipher.init(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, nonce.array()));
            cipher.doFinal(source, 0, RECORD, target, 0);
        }
        return bytes / (double) (System.nanoTime() - start);
    }
}
