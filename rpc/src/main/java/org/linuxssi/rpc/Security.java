package org.linuxssi.rpc;

import java.io.IOException;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManagerFactory;

/** How the connections between nodes are protected. */
public final class Security {

    /** The fastest first; the accepting side's order counts, and it is the same on all nodes. */
    private static final String[] CIPHERS = {
        "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"
    };

    private final Optional<SSLContext> tls;

    private Security(Optional<SSLContext> tls) {
        this.tls = tls;
    }

    /** Returns the protection for closed networks: none. */
    public static Security plain() {
        return new Security(Optional.empty());
    }

    /**
     * Returns TLS 1.3 where both sides show a certificate of the cluster's authority.
     *
     * @throws IllegalArgumentException when the keys do not fit together
     */
    public static Security tls(NodeKeys keys) {
        try {
            KeyStore own = KeyStore.getInstance("PKCS12");
            own.load(null, null);
            own.setKeyEntry("node", keys.key(), new char[0], new Certificate[] {keys.certificate(), keys.authority()});
            KeyManagerFactory keyManagers = KeyManagerFactory.getInstance("PKIX");
            keyManagers.init(own, new char[0]);
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry("authority", keys.authority());
            TrustManagerFactory trustManagers = TrustManagerFactory.getInstance("PKIX");
            trustManagers.init(trusted);
            SSLContext context = SSLContext.getInstance("TLSv1.3");
            context.init(keyManagers.getKeyManagers(), trustManagers.getTrustManagers(), null);
            return new Security(Optional.of(context));
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalArgumentException("key material of the node: " + e.getMessage(), e);
        }
    }

    /** Proves who we are and checks the peer; no other byte is read before. Blocks. */
    Wire protect(SocketChannel channel, boolean dialed) throws IOException {
        return tls.isPresent() ? shake(tls.get(), channel, dialed) : new Wire.Plain(channel);
    }

    private static Wire shake(SSLContext context, SocketChannel channel, boolean dialed) throws IOException {
        Socket socket = channel.socket();
        SSLEngine engine = context.createSSLEngine(socket.getInetAddress().getHostAddress(), socket.getPort());
        engine.setUseClientMode(dialed);
        engine.setEnabledProtocols(new String[] {"TLSv1.3"});
        engine.setEnabledCipherSuites(CIPHERS);
        engine.setNeedClientAuth(true);
        return TlsWire.shake(channel, engine);
    }

    @Override
    public String toString() {
        return tls.isPresent() ? "tls" : "plain";
    }
}
