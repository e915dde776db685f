package org.linuxssi.rpc;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;

/**
 * What one node shows to the others.
 *
 * @param key the node's private key
 * @param certificate the node's certificate, signed by the authority
 * @param authority the authority's own certificate
 */
public record NodeKeys(PrivateKey key, X509Certificate certificate, X509Certificate authority) {

    private static final String KEY = "node.key";
    private static final String CERTIFICATE = "node.crt";
    private static final String AUTHORITY = "ca.crt";

    /** Writes {@code node.key}, {@code node.crt} and {@code ca.crt}, which only the owner can read. */
    public void save(Path directory) throws IOException {
        Files.createDirectories(directory);
        Pem.write(directory.resolve(KEY), "PRIVATE KEY", key.getEncoded());
        Pem.write(directory.resolve(CERTIFICATE), "CERTIFICATE", Pem.encoded(certificate));
        Pem.write(directory.resolve(AUTHORITY), "CERTIFICATE", Pem.encoded(authority));
    }

    /**
     * Reads what {@link #save} wrote.
     *
     * @throws IOException when a file is missing or damaged
     */
    public static NodeKeys load(Path directory) throws IOException {
        return new NodeKeys(
                Pem.privateKey(directory.resolve(KEY)),
                Pem.certificate(directory.resolve(CERTIFICATE)),
                Pem.certificate(directory.resolve(AUTHORITY)));
    }

    @Override
    public String toString() {
        return "keys of " + certificate.getSubjectX500Principal().getName();
    }
}
