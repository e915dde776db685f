package org.linuxssi.rpc;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.SignatureException;
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
     * @throws IOException when a file is missing or damaged, or they do not belong together
     */
    public static NodeKeys load(Path directory) throws IOException {
        NodeKeys keys = new NodeKeys(
                Pem.privateKey(directory.resolve(KEY)),
                Pem.certificate(directory.resolve(CERTIFICATE)),
                Pem.certificate(directory.resolve(AUTHORITY)));
        try {
            keys.check();
        } catch (GeneralSecurityException e) {
            throw new IOException("the files of " + directory + " do not belong together: " + e.getMessage(), e);
        }
        return keys;
    }

    /**
     * Checks that the certificates are signed by the authority, and that the key is that of the node's certificate.
     *
     * @throws GeneralSecurityException when they do not belong together, or one was changed
     */
    void check() throws GeneralSecurityException {
        authority.verify(authority.getPublicKey());
        certificate.verify(authority.getPublicKey());
        byte[] sample = certificate.getEncoded();
        Signature signature = Signature.getInstance(ClusterCa.SIGNATURE);
        signature.initSign(key);
        signature.update(sample);
        byte[] signed = signature.sign();
        signature.initVerify(certificate.getPublicKey());
        signature.update(sample);
        if (!signature.verify(signed)) {
            throw new SignatureException("the private key is not that of the certificate");
        }
    }

    @Override
    public String toString() {
        return "keys of " + certificate.getSubjectX500Principal().getName();
    }
}
