package org.linuxssi.kddm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.kddm.Announcement.Claim;
import org.linuxssi.kddm.Message.Verdict;
import org.linuxssi.kddm.Resolution.Claimed;
import org.linuxssi.kddm.Resolution.Told;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

@Timeout(10)
class ResolutionTest {

    private static final NodeSet MEMBERS = NodeSet.first(3);

    private static Claimed claim(int node, Claim claim, long version) {
        return ghost(node, claim, version, node, 0);
    }

    private static Claimed ghost(int node, Claim claim, long version, int heir, long seq) {
        NodeId from = NodeId.of(node);
        return new Claimed(from, new Announcement(1, 2, 0, claim, version, NodeId.of(heir), seq));
    }

    private static Resolution of(Claimed... claims) {
        return Resolution.of(List.of(claims), MEMBERS);
    }

    private static Told told(int node, Verdict verdict) {
        return new Told(NodeId.of(node), verdict);
    }

    @Test
    void theOwnerWinsAndReadersOfOtherVersionsAreDiscarded() {
        Resolution it = of(claim(0, Claim.READER, 4), claim(1, Claim.OWNER, 5), claim(2, Claim.READER, 5));

        assertThat(it.owner()).isEqualTo(NodeId.of(1));
        assertThat(it.copies()).isEqualTo(NodeSet.parse("1-2"));
        assertThat(it.verdicts()).containsExactly(told(0, Verdict.DISCARD));
    }

    @Test
    void theGhostOfAHandOverThatArrivedIsDiscarded() {
        Resolution it = of(ghost(0, Claim.GHOST, 5, 1, 77), claim(1, Claim.OWNER, 5));

        assertThat(it.owner()).isEqualTo(NodeId.of(1));
        assertThat(it.verdicts()).containsExactly(told(0, Verdict.DISCARD));
    }

    @Test
    void theGhostOfAHandOverThatGotLostIsTheObject() {
        Resolution it = of(ghost(0, Claim.GHOST, 5, 1, 77));

        assertThat(it.owner()).isEqualTo(NodeId.of(0));
        assertThat(it.verdicts()).containsExactly(told(0, Verdict.OWNER));
    }

    @Test
    void aGhostIsOutOfDateWhenItsHeirMayHaveWrittenAndDied() {
        Resolution it = of(ghost(0, Claim.GHOST, 5, 9, 77), claim(1, Claim.WITNESS, 0));

        assertThat(it.lost()).isTrue();
        assertThat(it.verdicts()).containsExactly(told(0, Verdict.DISCARD));
    }

    @Test
    void theLastGhostOfAChainDecides() {
        assertThat(of(ghost(0, Claim.GHOST, 5, 1, 77), ghost(1, Claim.GHOST, 5, 9, 78))
                        .lost())
                .isTrue();
        assertThat(of(ghost(0, Claim.GHOST, 5, 1, 77), ghost(1, Claim.GHOST, 5, 2, 78))
                        .owner())
                .isEqualTo(NodeId.of(1));
    }

    @Test
    void readersOfTheNewestVersionSucceedTheOwner() {
        Resolution it = of(claim(0, Claim.READER, 4), claim(1, Claim.READER, 5), claim(2, Claim.READER, 5));

        assertThat(it.owner()).isEqualTo(NodeId.of(1));
        assertThat(it.copies()).isEqualTo(NodeSet.parse("1-2"));
        assertThat(it.verdicts()).containsExactlyInAnyOrder(told(0, Verdict.DISCARD), told(1, Verdict.SHARED_OWNER));
    }

    @Test
    void anOfferCountsOnlyWhereNoDataIsLeft() {
        assertThat(of(claim(0, Claim.OFFER, 0), claim(2, Claim.WITNESS, 0)).owner())
                .isEqualTo(NodeId.of(0));
        assertThat(of(claim(0, Claim.OFFER, 0), claim(2, Claim.READER, 0)).owner())
                .isEqualTo(NodeId.of(2));
    }

    @Test
    void theNewestOfReadersAndBackupsSucceedsTheOwner() {
        assertThat(of(claim(0, Claim.READER, 4), claim(2, Claim.BACKUP, 5)).verdicts())
                .containsExactlyInAnyOrder(told(0, Verdict.DISCARD), told(2, Verdict.OWNER));
        assertThat(of(claim(0, Claim.READER, 5), claim(2, Claim.BACKUP, 5)).owner())
                .isEqualTo(NodeId.of(0));
        assertThat(of(claim(0, Claim.OWNER, 4), claim(2, Claim.BACKUP, 5)).owner())
                .isEqualTo(NodeId.of(0));
    }

    @Test
    void backupsOlderThanTheObjectAreDropped() {
        assertThat(of(claim(0, Claim.OWNER, 5), claim(1, Claim.BACKUP, 5), claim(2, Claim.BACKUP, 4))
                        .verdicts())
                .containsExactly(told(2, Verdict.OUTDATED));
        assertThat(of(claim(0, Claim.BACKUP, 4), claim(2, Claim.BACKUP, 5)).verdicts())
                .containsExactlyInAnyOrder(told(0, Verdict.OUTDATED), told(2, Verdict.OWNER));
    }

    @Test
    void backupsThatMayBeOldDoNotCountWhereAStoreIsTheTruth() {
        Resolution nothingElse = Resolution.withoutBackups(List.of(claim(0, Claim.BACKUP, 4)), MEMBERS);
        assertThat(nothingElse.lost()).isTrue();
        assertThat(nothingElse.verdicts()).containsExactly(told(0, Verdict.OUTDATED));
        assertThat(nothingElse.version()).isGreaterThan(4);

        Resolution read = Resolution.ofStored(
                List.of(claim(0, Claim.BACKUP, 4), claim(1, Claim.READER, 4), claim(2, Claim.BACKUP, 3)));
        assertThat(read.owner()).isEqualTo(NodeId.of(1));
        assertThat(read.verdicts()).containsExactlyInAnyOrder(told(1, Verdict.OWNER), told(2, Verdict.OUTDATED));
    }

    @Test
    void aWitnessAloneMeansLoss() {
        assertThat(of(claim(2, Claim.WITNESS, 0)).lost()).isTrue();
        assertThat(of(claim(2, Claim.LOST, 0)).lost()).isTrue();
    }
}
