package org.linuxssi.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.linuxssi.control.CapabilityChange;
import org.linuxssi.control.ClusterState;
import org.linuxssi.control.ControlException;
import org.linuxssi.control.ControlHandler;
import org.linuxssi.control.ControlServer;
import org.linuxssi.control.MigrationReport;
import org.linuxssi.control.NodeSelection;
import org.linuxssi.control.ProcessRow;
import org.linuxssi.control.Reply;
import org.linuxssi.control.Request;
import org.linuxssi.linux.Errno;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

@Timeout(60)
class CliTest {

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    private final LinkedBlockingQueue<Request> requests = new LinkedBlockingQueue<>();

    /** Commands that ask no daemon. */
    private static final Set<String> TOOLS = Set.of("krg doctor", "krg init", "krg join-token", "krg join");

    private record Outcome(int status, String out, String err) {}

    private Outcome run(String... line) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        Map<String, String> environment = Map.of("LINUXSSI_RUN", directory.toString());
        int status = new Cli(environment, new PrintWriter(out), new PrintWriter(err))
                .execute(line[0], List.of(line).subList(1, line.length));
        return new Outcome(status, out.toString(), err.toString());
    }

    private Outcome answered(Reply.Last reply, String... line) {
        return handled(
                (request, _) -> {
                    requests.add(request);
                    return reply;
                },
                line);
    }

    private Outcome handled(ControlHandler handler, String... line) {
        try (ControlServer _ = new ControlServer(directory.resolve("control"), handler)) {
            return run(line);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "krg ps, krg ps",
        "krg migrate 1 2, krg migrate",
        "migrate 1 2, migrate",
        "krgadm nodes, krgadm nodes",
        "krgadm cluster status, krgadm cluster status",
        "krg run true, krg run",
        "krg shutdown, krg shutdown",
        "krg --on 3 ps, krg ps"
    })
    void withoutADaemonEveryCommandSaysSo(String line, String expected) {
        Outcome outcome = run(line.split(" "));
        assertThat(outcome.err()).startsWith(expected + ": LinuxSSI is not running (ENOENT");
        assertThat(outcome.err()).hasLineCount(1);
        assertThat(outcome.status()).isEqualTo(1);
        assertThat(outcome.out()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "krg",
                "krgadm",
                "migrate",
                "krg run",
                "krg shell",
                "krg enter",
                "krg ps",
                "ipccheckpoint",
                "ipcrestart",
                "krg doctor",
                "krg init",
                "krg join-token",
                "krg join",
                "krg nodes add",
                "krgadm cluster",
                "krgadm cluster start",
                "krgadm nodes",
                "krgadm nodes del"
            })
    void everyCommandExplainsItself(String line) {
        for (String option : List.of("-h", "--help")) {
            List<String> words = new ArrayList<>(List.of(line.split(" ")));
            words.add(option);
            Outcome outcome = run(words.toArray(String[]::new));
            assertThat(outcome.out()).startsWith("Usage: " + line).contains("--version");
            assertThat(outcome.out().contains("--on")).isNotEqualTo(TOOLS.contains(line));
            assertThat(outcome.status()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"krg", "krgadm", "migrate", "krg ps", "krgadm nodes status"})
    void everyCommandTellsItsVersion(String line) {
        Outcome outcome = run((line + " --version").split(" "));
        assertThat(outcome.out()).startsWith("LinuxSSI ");
        assertThat(outcome.status()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "krg",
                "krg nonsense",
                "krgadm",
                "migrate 1",
                "migrate one 2",
                "migrate 1 256",
                "krg run",
                "krg --on 999 ps",
                "krgadm nodes add",
                "krgadm nodes add -n 1 -c 2",
                "krgadm nodes del -n 2-1",
                "krgadm nodes add -c 0",
                "krgadm cluster start -n x",
                "krg signal NONSENSE 1",
                "krg ps --nonsense"
            })
    void wrongUsageIsStatusTwoAndOneLine(String line) {
        Outcome outcome = run(line.split(" "));
        assertThat(outcome.err()).hasLineCount(1).contains("--help");
        assertThat(outcome.status()).isEqualTo(2);
    }

    @Test
    void aNodeIsNotNamedToCommandsThatAskNoDaemon() {
        for (String tool : TOOLS) {
            for (String line : List.of(tool.replace(" ", " --on 2 "), tool + " --on 2")) {
                assertThat(run(line.split(" ")))
                        .isEqualTo(new Outcome(
                                2,
                                "",
                                tool + ": this command asks no daemon, so --on means nothing: leave it out; see " + tool
                                        + " --help\n"));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"256", "-1", "x"})
    void aNodeHasANumber(String word) {
        assertThat(run("krg", "ps", "--on", word))
                .isEqualTo(new Outcome(
                        2,
                        "",
                        "krg ps: Invalid value for option '--on': '" + word
                                + "' is no node's number, 0-255; see krg ps --help\n"));
    }

    @ParameterizedTest
    @CsvSource({"UP,status: up on 3 nodes,0", "DOWN,status: down,0", "ERROR,status: error,1"})
    void theClustersStateIsPrinted(ClusterState state, String expected, int status) {
        Reply.Cluster reply = new Reply.Cluster(state, NodeSet.first(3));
        for (String line :
                List.of("krgadm cluster", "krgadm cluster status", "krg cluster", "krgadm cluster wait_start")) {
            assertThat(answered(reply, line.split(" "))).isEqualTo(new Outcome(status, expected + "\n", ""));
        }
    }

    @Test
    void clusterChangesArePrinted() {
        assertThat(answered(new Reply.Done(), "krgadm", "cluster", "poweroff"))
                .isEqualTo(new Outcome(
                        0, "Shutting down cluster... done\n", "the programs and daemons end; the machines stay on\n"));
        assertThat(answered(new Reply.Done(), "krgadm", "cluster", "reboot").out())
                .isEqualTo("Shutting down cluster... done\n");
        answered(new Reply.Done(), "krgadm", "cluster", "start", "-n", "16:18");
        assertThat(requests)
                .containsExactly(
                        new Request.ClusterPoweroff(),
                        new Request.ClusterReboot(),
                        new Request.ClusterStart(new NodeSelection.Listed(NodeSet.parse("16-18"))));
    }

    @Test
    void aRefusalStandsOnALineOfItsOwnAndNamesItsCommandOnce() {
        ControlHandler refusing = (_, _) -> {
            throw new ControlException(Errno.EPERM, "nodes add: user 7 may not, only root; use sudo");
        };
        assertThat(handled(refusing, "krgadm", "nodes", "add", "-a"))
                .isEqualTo(new Outcome(1, "", "krgadm nodes add: user 7 may not, only root; use sudo (EPERM)\n"));
        assertThat(handled(refusing, "krgadm", "cluster", "stop").out()).isEqualTo("Stopping cluster... failed\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"krg enter -T 712 -- sleep -- 5", "krg enter -T 712 sleep -- 5"})
    void wordsAfterAPidAreAProgram(String line) {
        Outcome outcome = answered(new Reply.Exited(0), line.split(" "));
        assertThat(outcome.err()).isEmpty();
        Request.Enter enter = (Request.Enter) requests.element();
        assertThat(enter.pid()).isEqualTo(712);
        assertThat(enter.program().arguments())
                .isEqualTo(line.contains("--") ? List.of("sleep", "--", "5") : List.of("sleep"));
        assertThat(enter.program().terminal()).isFalse();
    }

    @Test
    void nodesAreListed() {
        Reply.Nodes nodes = new Reply.Nodes(List.of(
                new Reply.NodeLine(NodeId.of(0), Reply.NodeLine.State.ONLINE, ""),
                new Reply.NodeLine(NodeId.of(7), Reply.NodeLine.State.PRESENT, "")));
        for (String line :
                List.of("krgadm nodes", "krgadm nodes status", "krgadm nodes -a", "krg nodes status --all")) {
            assertThat(answered(nodes, line.split(" "))).isEqualTo(new Outcome(0, "0:online\n7:present\n", ""));
        }
        answered(nodes, "krgadm", "nodes", "status", "-n", "0,7-8");
        assertThat(requests.stream().toList().getLast())
                .isEqualTo(new Request.NodesStatus(new NodeSelection.Listed(NodeSet.parse("0,7,8"))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-n 1,2", "--nodes 1,2", "-c 2", "--count 2", "-t 3", "--total 3", "-a", "--all"})
    void nodesAreAddedAndRemovedByEveryForm(String form) {
        Reply.Changed changed = new Reply.Changed(NodeSet.parse("1,2"));
        assertThat(answered(changed, ("krgadm nodes add " + form).split(" ")).out())
                .isEqualTo("Adding nodes [1,2]... done\n");
        assertThat(answered(changed, ("krgadm nodes del " + form).split(" ")).out())
                .isEqualTo("Removing nodes [1,2]... done\n");
        assertThat(requests.poll()).isInstanceOf(Request.NodesAdd.class);
        assertThat(requests.poll()).isInstanceOf(Request.NodesDel.class);
    }

    @Test
    void progressIsShownAsItComes() {
        Outcome outcome = handled(
                (_, exchange) -> {
                    exchange.send(new Reply.Progress("moving pid 712 to node 0"));
                    return new Reply.Changed(NodeSet.parse("1"));
                },
                "krgadm",
                "nodes",
                "del",
                "-n",
                "1");
        assertThat(outcome.out()).isEqualTo("moving pid 712 to node 0\nRemoving nodes [1]... done\n");
    }

    @Test
    void migratingIsSilentUnlessVerbose() {
        MigrationReport report = new MigrationReport(
                712,
                NodeId.of(0),
                NodeId.of(2),
                true,
                4096,
                1_500_000,
                20_000_000,
                List.of(new MigrationReport.Phase("freeze", 1_500_000, 4096)));
        assertThat(answered(new Reply.Migrated(report), "migrate", "712", "2")).isEqualTo(new Outcome(0, "", ""));
        assertThat(answered(new Reply.Migrated(report), "krg", "migrate", "712", "2", "-v")
                        .out())
                .isEqualTo("""
                        freeze                    1.500 ms           4096 bytes
                        pid 712: node 0 to node 2, live, 4096 bytes, frozen 1.500 ms, total 20.000 ms
                        """);
        assertThat(requests)
                .containsExactly(
                        new Request.Migrate(712, NodeId.of(2), false), new Request.Migrate(712, NodeId.of(2), true));
    }

    @Test
    void aFailureIsOneLineWithItsErrno() {
        Outcome outcome = handled(
                (_, _) -> {
                    throw new ControlException(Errno.ENONET, "node 9 is not online");
                },
                "migrate",
                "712",
                "9");
        assertThat(outcome).isEqualTo(new Outcome(1, "", "migrate: node 9 is not online (ENONET)\n"));
    }

    @Test
    void processesAreListed() {
        ProcessRow row = new ProcessRow(
                16390, 1, 16390, 16390, 1000, NodeId.of(2), NodeId.of(1), 'S', 61_230, 5 << 20, 4, 17, "say \"é\"\n");
        Reply.Processes processes = new Reply.Processes(List.of(row));
        assertThat(answered(processes, "krg", "ps").out()).isEqualTo("""
                             PID     PPID    UID NODE HOME S      TIME      RSS THR COMMAND
                           16390        1   1000    2    1 S   1:01.23    5120K   4 say "é"?
                        """);
        assertThat(answered(processes, "krg", "ps", "--json", "-n", "2", "-u", "1000", "16390")
                        .out())
                .isEqualTo("""
                        [
                          {"pid": 16390, "ppid": 1, "pgid": 16390, "sid": 16390, "uid": 1000, "node": 2, "home": 1,\
                         "state": "S", "cpu_ms": 61230, "rss_bytes": 5242880, "threads": 4, "start_ms": 17,\
                         "command": "say \\"é\\"\\u000a"}
                        ]
                        """);
        assertThat(requests)
                .containsExactly(
                        Request.Ps.ALL, new Request.Ps(List.of(16390), Optional.of(NodeId.of(2)), Optional.of(1000)));
    }

    @Test
    void nodesThatDidNotAnswerAreNamed() {
        ProcessRow row =
                new ProcessRow(16390, 1, 16390, 16390, 0, NodeId.of(1), NodeId.of(1), 'S', 0, 0, 1, 17, "sleep 1");
        Reply.Processes processes = new Reply.Processes(List.of(row), NodeSet.parse("0,2"));
        Outcome listed = answered(processes, "krg", "ps");
        assertThat(listed.out()).contains("sleep 1").hasLineCount(2);
        assertThat(listed.err())
                .isEqualTo("krg ps: node 0,2 did not answer, what runs there is not listed: see krgadm nodes status"
                        + " (EAGAIN)\n");
        assertThat(listed.status()).isEqualTo(1);
        Outcome json = answered(processes, "krg", "ps", "--json");
        assertThat(json.out())
                .contains("\"command\": \"sleep 1\"},\n")
                .endsWith("  {\"node\": 0, \"missing\": \"EAGAIN\"},\n  {\"node\": 2, \"missing\": \"EAGAIN\"}\n]\n");
        assertThat(json.status()).isEqualTo(1);
    }

    @Test
    void noSuchProcessIsAFailure() {
        assertThat(answered(new Reply.Processes(List.of()), "krg", "ps", "5"))
                .isEqualTo(new Outcome(1, "", "krg ps: pid 5 does not exist (ESRCH)\n"));
        assertThat(answered(new Reply.Processes(List.of()), "krg", "ps", "--json", "5"))
                .isEqualTo(new Outcome(1, "[]\n", "krg ps: pid 5 does not exist (ESRCH)\n"));
        assertThat(answered(new Reply.Processes(List.of()), "krg", "ps", "-u", "7", "5", "6")
                        .err())
                .isEqualTo("krg ps: none of the pids 5,6 exists with user 7 (ESRCH)\n");
        assertThat(answered(new Reply.Processes(List.of()), "krg", "ps", "--json")
                        .out())
                .isEqualTo("[]\n");
    }

    @Test
    void theDaemonOfATestBedsNodeIsAsked() throws IOException {
        Files.createDirectory(directory.resolve("node2"));
        try (ControlServer _ = new ControlServer(
                directory.resolve("node2").resolve("control"),
                (_, _) -> new Reply.Cluster(ClusterState.UP, NodeSet.first(2)))) {
            for (String line :
                    List.of("krgadm --on 2 cluster", "krgadm cluster --on 2", "krgadm cluster status --on 2")) {
                assertThat(run(line.split(" ")).out()).isEqualTo("status: up on 2 nodes\n");
            }
        }
    }

    @Test
    void theDoctorTriesEverythingAndLeavesNothingBehind() throws IOException {
        String mounts = Files.readString(Path.of("/proc/self/mounts"));
        Outcome outcome = run("krg", "doctor");
        assertThat(outcome.out().lines()).allMatch(line -> line.matches("[A-Za-z0-9_ ]+ (ok|missing|absent)  .+"));
        assertThat(outcome.out()).contains("seccomp notify", "userfaultfd", "PAGEMAP_SCAN", "FUSE");
        assertThat(outcome.status()).isEqualTo(outcome.out().contains(" missing  ") ? 1 : 0);
        assertThat(Files.readString(Path.of("/proc/self/mounts"))).isEqualTo(mounts);
    }

    @Test
    void eventsAndStatisticsAreShown() {
        Outcome events = handled(
                (_, exchange) -> {
                    exchange.send(new Reply.Event(1_790_000_000_123L, NodeId.of(1), "view", "nodes 0-2"));
                    return new Reply.Done();
                },
                "krg",
                "events",
                "-l",
                "5");
        assertThat(events.out()).isEqualTo("2026-09-21T14:13:20.123Z node 1 view: nodes 0-2\n");
        assertThat(answered(new Reply.Text("set pids\n"), "krg", "kddmstat").out())
                .isEqualTo("set pids\n");
        answered(new Reply.Done(), "krg", "signal", "SIGTERM", "712");
        answered(new Reply.Done(), "krg", "shutdown", "--drain");
        assertThat(requests)
                .containsExactly(
                        new Request.Kddm(Request.KddmTopic.STAT, "", 0, 0),
                        new Request.Signal(712, 15),
                        new Request.Shutdown(true));
    }

    @Test
    void kddmShowsSetsObjectsAndWaitsAndIsMeasured() {
        for (String[] words : new String[][] {
            {"krg", "kddm"},
            {"krg", "kddm", "sets"},
            {"krg", "kddm", "stat"},
            {"krg", "kddm", "objects", "200:1", "-l", "5"},
            {"krg", "kddm", "waits"},
            {"krg", "kddm", "get", "200:1", "16831"},
            {"krg", "bench"},
            {"krg", "bench", "kddm", "-l", "7"}
        }) {
            assertThat(answered(new Reply.Text("something\n"), words).out()).isEqualTo("something\n");
        }
        assertThat(requests)
                .containsExactly(
                        new Request.Kddm(Request.KddmTopic.SETS, "", 0, 0),
                        new Request.Kddm(Request.KddmTopic.SETS, "", 0, 0),
                        new Request.Kddm(Request.KddmTopic.STAT, "", 0, 0),
                        new Request.Kddm(Request.KddmTopic.OBJECTS, "200:1", 0, 5),
                        new Request.Kddm(Request.KddmTopic.WAITS, "", 0, 0),
                        new Request.Kddm(Request.KddmTopic.GET, "200:1", 16831, 0),
                        new Request.Kddm(Request.KddmTopic.BENCH, "", 0, 100),
                        new Request.Kddm(Request.KddmTopic.BENCH, "", 0, 7));
    }

    @Test
    void aCheckpointHasTheStepsThatItsOptionsSay() {
        Reply.Checkpointed done =
                new Reply.Checkpointed(712, 3, List.of("Identifier: 712", "Version: 3"), 2, 4096, 5_000_000);
        assertThat(answered(done, "checkpoint", "-v", "712").out()).isEqualTo("""
                        Identifier: 712
                        Version: 3
                        application 712: 2 processes, 4096 bytes of memory, frozen 5.000 ms
                        """);
        assertThat(answered(done, "checkpoint", "-q", "-k", "712").out()).isEmpty();
        answered(done, "krg", "checkpoint", "-qk9", "-d", "a b", "-i", "--keep", "2", "712");
        answered(done, "checkpoint", "--freeze", "-a", "712");
        answered(done, "checkpoint", "-cuUSR1", "712");
        answered(done, "checkpoint", "--unfreeze", "712");
        answered(done, "checkpoint", "-b", "--kill=HUP", "712");
        Set<Request.CheckpointStep> all =
                Set.of(Request.CheckpointStep.FREEZE, Request.CheckpointStep.SAVE, Request.CheckpointStep.UNFREEZE);
        Set<Request.CheckpointStep> ending =
                Set.of(Request.CheckpointStep.FREEZE, Request.CheckpointStep.SAVE, Request.CheckpointStep.KILL);
        assertThat(requests)
                .containsExactly(
                        new Request.Checkpoint(712, false, all, 0, "", false, 0),
                        new Request.Checkpoint(712, false, ending, 15, "", false, 0),
                        new Request.Checkpoint(712, false, ending, 9, "a b", true, 2),
                        new Request.Checkpoint(712, true, Set.of(Request.CheckpointStep.FREEZE), 0, "", false, 0),
                        new Request.Checkpoint(
                                712,
                                false,
                                Set.of(Request.CheckpointStep.SAVE, Request.CheckpointStep.UNFREEZE),
                                10,
                                "",
                                false,
                                0),
                        new Request.Checkpoint(712, false, Set.of(Request.CheckpointStep.UNFREEZE), 0, "", false, 0),
                        new Request.Checkpoint(712, false, ending, 1, "", false, 0));
        for (String line :
                List.of("checkpoint -k -u 712", "checkpoint", "checkpoint -kNONE 712", "checkpoint --keep -1 712")) {
            assertThat(run(line.split(" ")).status()).describedAs(line).isEqualTo(2);
        }
    }

    @Test
    void objectsOfSystemVAreSavedToANewFileAndMadeAgain() throws IOException {
        String file = directory.resolve("saved").toString();
        ControlHandler refuses = (_, _) -> {
            throw new ControlException(Errno.EINVAL, "ipccheckpoint: semaphores 7 is not saved: no such thing");
        };
        assertThat(handled(refuses, "ipccheckpoint", "-s", "7", file))
                .isEqualTo(new Outcome(1, "", "ipccheckpoint: semaphores 7 is not saved: no such thing (EINVAL)\n"));
        assertThat(Path.of(file)).doesNotExist();
        Reply.Done done = new Reply.Done();
        assertThat(answered(done, "ipccheckpoint", "-q", "7", file)).isEqualTo(new Outcome(0, "", ""));
        assertThat(Path.of(file)).isEmptyFile();
        assertThat(answered(done, "ipccheckpoint", "-m", "7", file))
                .isEqualTo(new Outcome(1, "", "ipccheckpoint: open " + file + ": File exists (EEXIST)\n"));
        assertThat(answered(done, "ipcrestart", "-m", file)).isEqualTo(new Outcome(0, "", ""));
        assertThat(answered(done, "ipcrestart", "-m", file + "s").status()).isEqualTo(1);
        assertThat(requests)
                .containsExactly(
                        new Request.Ipc(Request.IpcKind.QUEUE, 7, false),
                        new Request.Ipc(Request.IpcKind.MEMORY, 0, true));
        for (String line :
                List.of("ipccheckpoint 7 F", "ipccheckpoint -q -s 7 F", "ipccheckpoint -q -1 F", "ipcrestart F")) {
            assertThat(run(line.split(" ")).status()).describedAs(line).isEqualTo(2);
        }
    }

    @Test
    void anApplicationIsRestartedInTheBackgroundOrWaitedFor() {
        ControlHandler restarts = (request, exchange) -> {
            requests.add(request);
            exchange.send(new Reply.Restarted(List.of(712, 713)));
            if (!((Request.Restart) request).foreground()) {
                return new Reply.Done();
            }
            exchange.send(new Reply.Started(712, NodeId.of(0)));
            return new Reply.Exited(7 << 8);
        };
        assertThat(handled(restarts, "restart", "-p", "712", "4").out()).isEqualTo("712 713\n");
        assertThat(handled(restarts, "krg", "restart", "-q", "-p", "-t", "-U", "-s", "1,2", "712", "4"))
                .isEqualTo(new Outcome(0, "", ""));
        assertThat(handled(restarts, "restart", "-f", "712", "4").status()).isEqualTo(7);
        assertThat(requests)
                .contains(
                        new Request.Restart(712, 4, false, false, false, List.of()),
                        new Request.Restart(712, 4, false, true, true, List.of(1)),
                        new Request.Restart(712, 4, true, true, false, List.of()));
        assertThat(run("restart", "-s", "one", "712", "4").status()).isEqualTo(2);
        assertThat(run("restart", "712").status()).isEqualTo(2);
    }

    @Test
    void capabilitiesAreNamedAddedAndRemoved() {
        Reply.CapabilitySets sets = new Reply.CapabilitySets(021, 1, 0, 0);
        assertThat(answered(sets, "krgcapset", "-s", "-k", "712").out()).isEqualTo("""
                        Permitted Capabilities: 021
                        \tCHANGE_KERRIGHED_CAP
                        \tCHECKPOINTABLE
                        Effective Capabilities: 01
                        \tCHANGE_KERRIGHED_CAP
                        Inheritable Permitted Capabilities: 00
                        Inheritable Effective Capabilities: 00
                        """);
        answered(sets, "krgcapset", "-d", "+CHECKPOINTABLE,CAN_MIGRATE", "-e", "021", "-i", "-CAN_CHECKPOINT");
        assertThat(requests)
                .contains(new Request.Capabilities(
                        0,
                        List.of(
                                Optional.empty(),
                                Optional.of(new CapabilityChange(CapabilityChange.How.REPLACE, 021)),
                                Optional.of(new CapabilityChange(CapabilityChange.How.REMOVE, 020)),
                                Optional.of(new CapabilityChange(CapabilityChange.How.ADD, 022)))));
        Outcome unknown = run("krgcapset", "-e", "+FLY");
        assertThat(unknown.status()).isEqualTo(1);
        assertThat(unknown.err())
                .startsWith("krgcapset: 'FLY' is no capability; there are CHANGE_KERRIGHED_CAP, CAN_MIGRATE,")
                .endsWith("(EINVAL)\n");
        assertThat(run("krgcapset", "-e", "4096").err()).startsWith("krgcapset: 4096 is no sum of capabilities");
        assertThat(run("krgcapset").status()).isEqualTo(2);
    }

    @Test
    void savedVersionsAreListedShownAndRemoved() {
        assertThat(answered(new Reply.Text("Identifier: 712"), "krg", "ckpt").out())
                .isEqualTo("Identifier: 712\n");
        answered(new Reply.Text("x"), "krg", "ckpt", "show", "712", "4");
        assertThat(answered(new Reply.Text(""), "krg", "ckpt", "rm", "712", "4").out())
                .isEmpty();
        assertThat(requests)
                .containsExactly(
                        new Request.Versions(Request.VersionsTopic.LIST, 0, 0),
                        new Request.Versions(Request.VersionsTopic.SHOW, 712, 4),
                        new Request.Versions(Request.VersionsTopic.REMOVE, 712, 4));
    }
}
