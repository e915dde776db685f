package org.linuxssi.rpc;

import java.security.GeneralSecurityException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.DecodeException;

/**
 * One line of text with all that a new node needs to get into a cluster. It holds a private key: treat it as one. After
 * its expiry it is refused; a node that used it before keeps its keys.
 *
 * @param cluster name of the cluster
 * @param session session of the cluster
 * @param seeds addresses of nodes, host:port
 * @param expiry when the token ends
 * @param keys keys of the new node
 */
public record JoinToken(String cluster, int session, List<String> seeds, Instant expiry, NodeKeys keys) {

    private static final String PREFIX = "krg1.";
    private static final int LIMIT = 8192;
    private static final Codec<String> TEXT = Codec.of((text, out) -> out.text(text), in -> in.text(300));

    private static final Codec<NodeKeys> KEYS = Codec.of(
            (keys, out) -> out.bytes(keys.key().getEncoded())
                    .bytes(Pem.encoded(keys.certificate()))
                    .bytes(Pem.encoded(keys.authority())),
            in -> {
                byte[] key = in.bytes(LIMIT);
                byte[] certificate = in.bytes(LIMIT);
                byte[] authority = in.bytes(LIMIT);
                try {
                    return new NodeKeys(Pem.privateKey(key), Pem.certificate(certificate), Pem.certificate(authority));
                } catch (GeneralSecurityException e) {
                    throw new DecodeException(in.position(), "no key or certificate: " + e.getMessage());
                }
            });

    private static final Codec<JoinToken> CODEC = Codec.of(
            (token, out) -> out.text(token.cluster())
                    .i16(token.session())
                    .list(token.seeds(), TEXT)
                    .i64(token.expiry().getEpochSecond())
                    .value(token.keys(), KEYS),
            in -> new JoinToken(
                    in.text(64), in.i16(), in.list(256, TEXT), Instant.ofEpochSecond(in.i64()), in.value(KEYS)));

    /** Returns the line. */
    public String text() {
        return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(CODEC.toBytes(this));
    }

    /**
     * Reads the line.
     *
     * @throws IllegalArgumentException when it is no token, damaged, or has expired
     */
    public static JoinToken parse(String text, Instant now) {
        String line = text.strip();
        if (!line.startsWith(PREFIX)) {
            throw new IllegalArgumentException("this is no join token: it has to begin with " + PREFIX);
        }
        JoinToken token;
        try {
            token = CODEC.fromBytes(Base64.getUrlDecoder().decode(line.substring(PREFIX.length())));
            token.keys().check();
        } catch (DecodeException | IllegalArgumentException | DateTimeException | GeneralSecurityException e) {
            throw new IllegalArgumentException("the join token is damaged: " + e.getMessage(), e);
        }
        if (now.isAfter(token.expiry())) {
            throw new IllegalArgumentException("the join token of cluster " + token.cluster() + " has expired on "
                    + token.expiry() + ": make a new one with krg join-token");
        }
        return token;
    }

    @Override
    public String toString() {
        return "join token of cluster " + cluster + " until " + expiry;
    }
}
