package org.linuxssi.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.linuxssi.linux.Errno;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.DecodeException;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

@Timeout(30)
class MessageCodecTest {

    private static final Request.Run RUN = new Request.Run(
            List.of("sh", "-c", "echo é"),
            List.of("PATH=/bin", "EMPTY="),
            "/tmp",
            022,
            Optional.of(NodeId.of(7)),
            true,
            new WindowSize(24, 80));

    static Stream<Request> requests() {
        return Stream.of(
                RUN,
                new Request.Run(
                        List.of("true"),
                        List.of(),
                        "/",
                        022,
                        Optional.empty(),
                        false,
                        WindowSize.UNKNOWN,
                        Set.of(0, 2)),
                new Request.Enter(712, RUN),
                new Request.Signal(-712, 9),
                new Request.Migrate(712, NodeId.of(2), true),
                new Request.ClusterStatus(),
                new Request.ClusterStart(new NodeSelection.All()),
                new Request.ClusterStop(),
                new Request.ClusterPoweroff(),
                new Request.ClusterReboot(),
                new Request.ClusterWaitStart(),
                new Request.NodesStatus(new NodeSelection.Listed(NodeSet.parse("2,3,6-10"))),
                new Request.NodesAdd(new NodeSelection.Count(2)),
                new Request.NodesDel(new NodeSelection.Total(3)),
                new Request.Ps(List.of(1, 2), Optional.of(NodeId.of(1)), Optional.of(1000)),
                Request.Ps.ALL,
                new Request.Events(20, true),
                new Request.Kddm(Request.KddmTopic.OBJECTS, "200:1", -5, 100),
                new Request.Shutdown(true),
                new Request.RunApplication(RUN, true),
                new Request.Checkpoint(
                        712,
                        true,
                        Set.of(Request.CheckpointStep.FREEZE, Request.CheckpointStep.KILL),
                        9,
                        "before the change",
                        true,
                        3),
                new Request.Restart(712, 4, true, false, true, List.of(2, 0)),
                new Request.Capabilities(
                        0, List.of(Optional.empty(), Optional.of(new CapabilityChange(CapabilityChange.How.ADD, 16)))),
                new Request.Versions(Request.VersionsTopic.SHOW, 712, 4),
                new Request.Ipc(Request.IpcKind.MEMORY, 98_305, true));
    }

    static Stream<Reply> replies() {
        NodeId one = NodeId.of(1);
        MigrationReport report = new MigrationReport(
                712,
                one,
                NodeId.of(2),
                true,
                1L << 33,
                5_000_000,
                9_000_000,
                List.of(new MigrationReport.Phase("copy", 4_000_000, 1L << 32)));
        return Stream.of(
                new Reply.Progress("moving 3 programs"),
                new Reply.Started(16385, one),
                new Reply.Event(1_790_000_000_000L, one, "view", "nodes 0-2"),
                new Reply.Done(),
                new Reply.Exited(0x8b),
                new Reply.Cluster(ClusterState.UP, NodeSet.first(3)),
                new Reply.Nodes(List.of(new Reply.NodeLine(one, Reply.NodeLine.State.ONLINE, "10.0.0.1:7000"))),
                new Reply.Changed(NodeSet.first(2)),
                new Reply.Processes(
                        List.of(new ProcessRow(5, 1, 5, 5, 1000, one, one, 'S', 20, 4096, 3, 17, "sleep 5")),
                        NodeSet.parse("0,3")),
                new Reply.Migrated(report),
                new Reply.Text("set pids\n"),
                new Reply.Checkpointed(712, 4, List.of("Identifier: 712", "Version: 4"), 3, 1L << 33, 5_000_000),
                new Reply.Restarted(List.of(712, 713)),
                new Reply.CapabilitySets(021, 1, 020, 0),
                new Reply.Failed(Errno.ESRCH, "pid 712: no such process"));
    }

    static Stream<Input> inputs() {
        return Stream.of(new Input.Signalled(15), new Input.Resized(new WindowSize(50, 200)), new Input.Cancel());
    }

    @ParameterizedTest
    @MethodSource("requests")
    void requestsComeBackAsTheyWere(Request request) {
        assertThat(Request.CODEC.fromBytes(Request.CODEC.toBytes(request))).isEqualTo(request);
    }

    @ParameterizedTest
    @MethodSource("replies")
    void repliesComeBackAsTheyWere(Reply reply) {
        assertThat(Reply.CODEC.fromBytes(Reply.CODEC.toBytes(reply))).isEqualTo(reply);
    }

    @ParameterizedTest
    @MethodSource("inputs")
    void inputsComeBackAsTheyWere(Input input) {
        assertThat(Input.CODEC.fromBytes(Input.CODEC.toBytes(input))).isEqualTo(input);
    }

    @Test
    void everyRequestAndReplyIsTested() {
        assertThat(requests().map(Object::getClass).distinct().count())
                .isEqualTo(Request.class.getPermittedSubclasses().length);
        assertThat(replies().map(Object::getClass).distinct().count())
                .isEqualTo(Stream.of(Reply.Passing.class, Reply.Last.class)
                        .mapToLong(kind -> kind.getPermittedSubclasses().length)
                        .sum());
    }

    @Test
    void anExitStatusHasTheShellsForm() {
        assertThat(new Reply.Exited(7 << 8).code()).isEqualTo(7);
        assertThat(new Reply.Exited(0x8b).code()).isEqualTo(139);
        assertThat(new Reply.Exited(15).code()).isEqualTo(143);
    }

    @Test
    void anyBytesAreDecodedOrRefused() {
        Random random = new Random(2012);
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = new byte[random.nextInt(64)];
            random.nextBytes(bytes);
            if (bytes.length > 0) {
                bytes[0] = (byte) random.nextInt(20);
            }
            decode(Request.CODEC, bytes);
            decode(Reply.CODEC, bytes);
            decode(Input.CODEC, bytes);
        }
    }

    @Test
    void damagedMessagesAreDecodedOrRefused() {
        Random random = new Random(6);
        List<byte[]> requests = requests().map(Request.CODEC::toBytes).toList();
        List<byte[]> replies = replies().map(Reply.CODEC::toBytes).toList();
        for (int round = 0; round < 20_000; round++) {
            decode(Request.CODEC, damage(requests.get(random.nextInt(requests.size())), random));
            decode(Reply.CODEC, damage(replies.get(random.nextInt(replies.size())), random));
        }
    }

    private static byte[] damage(byte[] good, Random random) {
        byte[] bytes = Arrays.copyOf(good, random.nextInt(good.length + 3));
        for (int i = random.nextInt(4); i > 0 && bytes.length > 0; i--) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
        return bytes;
    }

    /** What is accepted has to be a value that can be written again. */
    private static <T> void decode(Codec<T> codec, byte[] bytes) {
        T value;
        try {
            value = codec.fromBytes(bytes);
        } catch (DecodeException _) {
            return;
        }
        assertThat(codec.fromBytes(codec.toBytes(value))).isEqualTo(value);
    }
}
