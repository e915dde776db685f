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
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

/** How the connections between nodes are protected. */
public final class Security {

    private final Optional<SSLSocketFactory> tls;

    private Security(Optional<SSLSocketFactory> tls) {
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
            return new Security(Optional.of(context.getSocketFactory()));
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalArgumentException("key material of the node: " + e.getMessage(), e);
        }
    }

    /** Proves who we are and checks the peer; no other byte is read before. Blocks. */
    Wire protect(SocketChannel channel, boolean dialed) throws IOException {
        return tls.isPresent() ? shake(tls.get(), channel, dialed) : new Wire.Plain(channel);
    }

    private static Wire shake(SSLSocketFactory factory, SocketChannel channel, boolean dialed) throws IOException {
        Socket plain = channel.socket();
        String host = plain.getInetAddress().getHostAddress();
        SSLSocket socket = (SSLSocket) factory.createSocket(plain, host, plain.getPort(), true);
        socket.setUseClientMode(dialed);
        socket.setEnabledProtocols(new String[] {"TLSv1.3"});
        socket.setNeedClientAuth(true);
        socket.startHandshake();
        return new Wire.Tls(channel, socket);
    }

    @Override
    public String toString() {
        return tls.isPresent() ? "tls" : "plain";
    }
}
