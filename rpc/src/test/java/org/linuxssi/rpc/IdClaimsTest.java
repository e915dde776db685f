package org.linuxssi.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.VirtualTime;

/** Times are virtual. */
@Timeout(20)
class IdClaimsTest {

    private static final String SELF = "10.0.0.2:7707";
    private static final String SEED = "10.0.0.1:7707";
    private static final Duration WAIT = Duration.ofSeconds(3);
    private static final Duration HANDSHAKE = Duration.ofSeconds(5);

    private final VirtualTime time = new VirtualTime();
    private int asked;

    private IdClaims.Answer answer(NodeId wanted) {
        NodeId theirs = NodeId.of(0);
        Hello hello = new Hello(Hello.Purpose.CLAIM, 1, "home", theirs, 7, SEED, List.of(new Hello.Peer(theirs, SEED)));
        return new IdClaims.Answer(hello, wanted.equals(theirs) ? "node id 0 is in use by " + SEED : "");
    }

    private Optional<IdClaims.Answer> late(NodeId wanted, int slow) throws SocketTimeoutException {
        if (++asked <= slow) {
            time.advance(HANDSHAKE);
            throw new SocketTimeoutException("no answer within 5 s");
        }
        return Optional.of(answer(wanted));
    }

    private NodeId settle(Optional<NodeId> configured, IdClaims.Asker asker) throws IOException {
        IdClaims claims = new IdClaims(time, SELF, configured);
        return claims.settle(List.of(SEED, SELF), WAIT, configured.isPresent(), asker);
    }

    @Test
    void takesTheFirstNumberWhenNobodyAnswers() throws IOException {
        assertThat(settle(Optional.empty(), (seed, wanted) -> Optional.empty())).isEqualTo(NodeId.of(0));
        assertThat(Duration.ofNanos(time.nanos())).isBetween(WAIT, WAIT.plusSeconds(1));
    }

    @Test
    void takesAFreeNumberWhenASeedAnswers() throws IOException {
        assertThat(settle(Optional.empty(), (seed, wanted) -> late(wanted, 0))).isEqualTo(NodeId.of(1));
    }

    @Test
    void waitsForASeedThatIsSlowToAnswer() throws IOException {
        assertThat(settle(Optional.empty(), (seed, wanted) -> seed.equals(SEED) ? late(wanted, 4) : Optional.empty()))
                .isEqualTo(NodeId.of(1));
        assertThat(asked).isEqualTo(6);
    }

    @Test
    void doesNotWaitForeverForASeedThatHangs() throws IOException {
        assertThat(settle(Optional.empty(), (seed, wanted) -> late(wanted, 1000)))
                .isEqualTo(NodeId.of(0));
        assertThat(Duration.ofNanos(time.nanos())).isBetween(Duration.ofSeconds(33), Duration.ofSeconds(50));
    }

    @Test
    void refusesAConfiguredNumberThatIsInUse() {
        assertThatThrownBy(() -> settle(Optional.of(NodeId.of(0)), (seed, wanted) -> late(wanted, 2)))
                .isInstanceOf(IOException.class)
                .hasMessage(
                        "node id 0 is in use by " + SEED + ": give this node another id, or none to take a free one");
    }
}
