package org.linuxssi.rpc;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * The certificate authority of one cluster. Whoever has its key can let nodes in; the nodes themselves need only
 * {@link NodeKeys}.
 */
public final class ClusterCa {

    /** How certificates are signed. */
    static final String SIGNATURE = "SHA256withECDSA";

    private static final Duration LIFETIME = Duration.ofDays(3650);
    private static final Duration CLOCK_SKEW = Duration.ofHours(1);
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final String KEY = "ca.key";
    private static final String CERTIFICATE = "ca.crt";

    private final PrivateKey key;
    private final X509Certificate certificate;

    private ClusterCa(PrivateKey key, X509Certificate certificate) {
        this.key = key;
        this.certificate = certificate;
    }

    /** Makes a new authority, valid for ten years from now. */
    public static ClusterCa create(String cluster, Instant now) {
        KeyPair pair = newKeys();
        X500Principal name = name(cluster, "authority");
        X509Certificate certificate = sign(name, pair, name, pair.getPrivate(), now, now.plus(LIFETIME), true);
        return new ClusterCa(pair.getPrivate(), certificate);
    }

    /** Makes the keys of a node, valid for ten years from now. */
    public NodeKeys issue(String node, Instant now) {
        return issue(node, now, now.plus(LIFETIME));
    }

    /** Makes the keys of a node that are valid until then. */
    public NodeKeys issue(String node, Instant now, Instant end) {
        KeyPair pair = newKeys();
        X500Principal issuer = certificate.getSubjectX500Principal();
        return new NodeKeys(
                pair.getPrivate(), sign(name(cluster(), node), pair, issuer, key, now, end, false), certificate);
    }

    /** Returns the name of the cluster. */
    public String cluster() {
        String name = certificate.getSubjectX500Principal().getName();
        return name.replaceAll(".*O=", "").replace("\\", "");
    }

    /** Returns the certificate that all nodes trust. */
    public X509Certificate certificate() {
        return certificate;
    }

    /** Writes {@code ca.key} and {@code ca.crt}, which only the owner can read. */
    public void save(Path directory) throws IOException {
        Files.createDirectories(directory);
        Pem.write(directory.resolve(KEY), "PRIVATE KEY", key.getEncoded());
        Pem.write(directory.resolve(CERTIFICATE), "CERTIFICATE", Pem.encoded(certificate));
    }

    /**
     * Reads what {@link #save} wrote.
     *
     * @throws IOException when a file is missing or damaged
     */
    public static ClusterCa load(Path directory) throws IOException {
        return new ClusterCa(Pem.privateKey(directory.resolve(KEY)), Pem.certificate(directory.resolve(CERTIFICATE)));
    }

    private static X500Principal name(String cluster, String role) {
        if (!cluster.matches("[A-Za-z0-9._-]{1,64}") || !role.matches("[A-Za-z0-9._-]{1,64}")) {
            throw new IllegalArgumentException(
                    "name '" + cluster + "' or '" + role + "': only 1 to 64 letters, digits and . _ - are allowed");
        }
        return new X500Principal("CN=" + role + ",O=" + cluster);
    }

    private static KeyPair newKeys() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"), RANDOM);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a P-256 key pair: " + e.getMessage(), e);
        }
    }

    private static X509Certificate sign(
            X500Principal subject,
            KeyPair pair,
            X500Principal issuer,
            PrivateKey signer,
            Instant now,
            Instant end,
            boolean authority) {
        try {
            JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                    issuer,
                    new BigInteger(120, RANDOM).add(BigInteger.ONE),
                    Date.from(now.minus(CLOCK_SKEW)),
                    Date.from(end),
                    subject,
                    pair.getPublic());
            extend(builder, authority);
            return new JcaX509CertificateConverter()
                    .getCertificate(builder.build(new JcaContentSignerBuilder(SIGNATURE).build(signer)));
        } catch (IOException | OperatorCreationException | GeneralSecurityException e) {
            throw new IllegalStateException("certificate of " + subject + ": " + e.getMessage(), e);
        }
    }

    private static void extend(JcaX509v3CertificateBuilder builder, boolean authority) throws CertIOException {
        if (authority) {
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
        } else {
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
            builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(new KeyPurposeId[] {
                KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth
            }));
        }
    }
}
