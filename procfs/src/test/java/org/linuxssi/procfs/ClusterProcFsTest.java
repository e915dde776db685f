package org.linuxssi.procfs;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.linuxssi.proc.CpuTimes;
import org.linuxssi.proc.TimeShift;
import org.linuxssi.tools.Registration;

/** Unmodified tools in a container of node 0 that sees the processes of node 1. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ClusterProcFsTest {

    @TempDir
    static Path directory;

    private static TestCluster cluster;
    private static int near;
    private static int far;

    @BeforeAll
    static void start() throws Exception {
        cluster = new TestCluster(directory);
        near = cluster.first.start("sleep 4321");
        cluster.second.start("sleep 1111");
        cluster.second.start("sleep 2222");
        far = cluster.second.start("setpriv --reuid 65534 --clear-groups sleep 1234");
    }

    @AfterAll
    static void stop() throws Exception {
        cluster.close();
    }

    private static String run(String script) throws Exception {
        return cluster.first.run(script);
    }

    @Test
    void psListsTheProcessesOfAllNodes() throws Exception {
        assertThat(run("ps -eo pid,user,ppid,stat,args").lines().map(String::strip))
                .anyMatch(line -> line.matches(near + " root +0 SN? +sleep 4321"))
                .anyMatch(line -> line.matches(far + " nobody +0 SN? +sleep 1234"));
        assertThat(run("ps aux")).contains("sleep 4321", "sleep 1234");
        assertThat(run("ps -ef | awk '$2 == 1' | wc -l")).isEqualTo("1");
        assertThat(run("ps -eLo lwp,comm")).containsPattern(far + " +sleep");
    }

    /** {@code ps} takes the time of boot as now less the uptime, so two of its runs may differ by a second. */
    @Test
    void startTimesAndAgesAreThoseOfTheOwnNode() throws Exception {
        String seconds = "date +%s -d \"$(ps -o lstart= -p " + far + ")\"";
        long here = Long.parseLong(run(seconds).strip());
        long there = Long.parseLong(cluster.second.run(seconds).strip());
        assertThat(here).isCloseTo(there, within(1L));
        assertThat(Long.parseLong(run("ps -o etimes= -p " + far).strip())).isBetween(0L, 100L);
    }

    /** The first process is here, the second elsewhere; both have used 100 s and are 10 s older than the kernel says. */
    @Test
    void timesAreThoseOfAProcessesWholeLife() throws Exception {
        int here = cluster.first.start("sleep 777");
        int there = cluster.second.start("sleep 778");
        String native_ = run("awk '{print $22}' /proc/.local/" + here + "/stat");
        long start = Long.parseLong(native_);
        cluster.cameHere(here, new TimeShift(start, new CpuTimes(9_000, 1_000, 500, 700), start - 1_000));
        long far = Long.parseLong(cluster.second.run("awk '{print $22}' /proc/" + there + "/stat"));
        cluster.cameHere(there, new TimeShift(far, new CpuTimes(9_000, 1_000, 0, 0), far - 1_000));
        for (int pid : new int[] {here, there}) {
            String[] times = run("ps -o cputimes=,etimes= -p " + pid).strip().split(" +");
            assertThat(Long.parseLong(times[0])).isBetween(100L, 101L);
            assertThat(Long.parseLong(times[1])).isBetween(10L, 110L);
        }
        assertThat(run("awk '{print $16, $17}' /proc/" + here + "/stat")).isEqualTo("500 700");
        assertThat(run("top -b -n1 -p " + here)).contains("1:40.0");
    }

    @Test
    void allElseOfAProcessThatCameHereIsNative() throws Exception {
        int pid = cluster.first.start("setpriv --reuid 65533 --clear-groups sleep 779");
        cluster.cameHere(pid, new TimeShift(-1, new CpuTimes(0, 0, 0, 0), 0));
        for (String look : List.of(
                "ls -A /proc/%",
                "cat /proc/%/stat",
                "ls /proc/%/fd",
                "readlink /proc/%/exe /proc/%/cwd /proc/%/root /proc/%/fd/0 /proc/%/ns/pid",
                "cat /proc/%/maps",
                "cat /proc/%/task/%/comm",
                "stat -L -c @u:@g:@F /proc/%",
                "head -c 4 /proc/%/exe | od -c")) {
            String command = look.replace("%", Integer.toString(pid)).replace('@', '%');
            String clusterWide = run(command);
            assertThat(clusterWide).describedAs(command).isNotEmpty().doesNotContain("No such");
            assertThat(clusterWide)
                    .describedAs(command)
                    .isEqualTo(run(command.replace("/proc/" + pid, "/proc/.local/" + pid)));
        }
        assertThat(run("setpriv --reuid 1000 --clear-groups readlink /proc/" + pid + "/exe || echo refused"))
                .isEqualTo("refused");
        assertThat(run("setpriv --reuid 1000 --clear-groups awk '{print $28}' /proc/" + pid + "/stat"))
                .isEqualTo("0");
        assertThat(run("ls /proc/" + pid + "/nothing")).contains("No such file");
        assertThat(run("pgrep -f '^sleep 779'")).isEqualTo(Integer.toString(pid));
    }

    @Test
    void toolsFindProcesses() throws Exception {
        assertThat(run("pgrep -x sleep").lines()).contains(Integer.toString(near), Integer.toString(far));
        assertThat(run("pgrep -u nobody -a")).isEqualTo(far + " sleep 1234");
        assertThat(run("pidof sleep").split(" ")).contains(Integer.toString(near), Integer.toString(far));
        assertThat(run("pkill -0 -f 'sleep 4321' && kill -0 " + near + " && echo found"))
                .isEqualTo("found");
        assertThat(run("top -b -n1"))
                .containsPattern(far + " nobody .* sleep")
                .containsPattern(near + " root .* sleep");
        assertThat(run("bash -c 'sleep 3 & pstree -p $$'")).containsPattern("bash\\([0-9]+\\)-\\+-pstree");
        assertThat(run("pwdx " + far)).isEqualTo(far + ": /");
        assertThat(run("pmap " + far)).contains("sleep 1234", "libc.so");
        assertThat(run("lsof -p " + near)).contains("/usr/bin/sleep", "/dev/null");
        assertThat(run("lsof -p " + far)).contains("/usr/bin/sleep", "/dev/null");
        assertThat(run("lsns -n -t pid -o PID,COMMAND")).containsPattern("^ *1 bash");
    }

    @Test
    void numbersAreThoseOfTheCluster() throws Exception {
        int processors = Runtime.getRuntime().availableProcessors();
        int native_ = Integer.parseInt(run("grep -c ^processor /proc/.local/cpuinfo"));
        assertThat(native_).isGreaterThanOrEqualTo(processors);
        assertThat(run("grep ^processor /proc/cpuinfo | tail -1")).endsWith(": " + (2 * native_ - 1));
        assertThat(run("grep -c '^cpu[0-9]' /proc/stat")).isEqualTo(Integer.toString(2 * native_));
        String both = run("awk '/MemTotal/ {print $2}' /proc/meminfo /proc/.local/meminfo /proc/nodes/node1/meminfo");
        long[] total = both.lines().mapToLong(Long::parseLong).toArray();
        assertThat(total[0]).isEqualTo(total[1] + total[2]);
        assertThat(run("free -k | awk '/Mem:/ {print $2}'")).isEqualTo(Long.toString(total[0]));
        assertThat(run("uptime")).contains("load average");
        assertThat(run("w -h; vmstat | tail -1")).isNotEmpty();
        assertThat(run("ls /proc/nodes; readlink /proc/nodes/self").lines())
                .containsExactly("node0", "node1", "self", "node0");
    }

    /** As top does: it keeps the files open. */
    @Test
    void whoReadsAgainFromTheStartReadsAnew() throws Exception {
        String script = """
                import os, time
                def twice(path):
                    fd = os.open(path, os.O_RDONLY)
                    first = os.pread(fd, 100, 0)
                    rest = os.pread(fd, 100, 5)
                    time.sleep(0.6)
                    return rest == first[5:] + rest[95:], os.pread(fd, 100, 0) != first
                print(twice('/proc/uptime'), twice('/proc/FAR/sched')[0])
                """;
        assertThat(run("python3 -c \"" + script.replace("FAR", Integer.toString(far)) + "\""))
                .isEqualTo("(True, True) True");
    }

    @Test
    void localProcessesLookAsNatively() throws Exception {
        for (String look : List.of("ls /proc/%/fd", "readlink /proc/%/exe", "cat /proc/%/maps", "ls /proc/%/ns")) {
            String clusterWide = run(look.replace("%", Integer.toString(near)));
            assertThat(clusterWide).isNotEmpty().isEqualTo(run(look.replace("%", ".local/" + near)));
        }
        assertThat(run("cat <(echo through a descriptor)")).isEqualTo("through a descriptor");
        assertThat(run("head -1 /proc/net/dev"))
                .isEqualTo("Inter-|   Receive                                                |  Transmit");
        assertThat(run("cat /proc/mounts; readlink /proc/mounts"))
                .contains("proc /proc fuse")
                .endsWith("self/mounts");
        assertThat(run("echo renamed > /proc/self/comm && echo written")).isEqualTo("written");
        assertThat(run("ls -A /proc | grep -c local")).isEqualTo("0");
    }

    @Test
    void selfIsTheCaller() throws Exception {
        String script = """
                import os, threading
                bad = []
                def check():
                    for _ in range(100):
                        want = '%d/task/%d' % (os.getpid(), threading.get_native_id())
                        if os.readlink('/proc/thread-self') != want: bad.append('thread')
                        if os.readlink('/proc/self') != str(os.getpid()): bad.append('self')
                threads = [threading.Thread(target=check) for _ in range(4)]
                [t.start() for t in threads]; [t.join() for t in threads]
                print(bad)
                """;
        assertThat(run("for i in 1 2 3; do python3 -c \"" + script + "\" & done; wait"))
                .isEqualTo("[]\n[]\n[]");
    }

    @Test
    void onlyTheOwnerSeesPrivateFiles() throws Exception {
        String look = " --clear-groups bash -c 'cat /proc/" + far + "/environ >/dev/null && readlink /proc/" + far
                + "/exe && ls /proc/" + far + "/fd'";
        assertThat(run("setpriv --reuid 65534" + look)).isEqualTo("/usr/bin/sleep\n0\n1\n2");
        assertThat(run("setpriv --reuid 1000" + look))
                .contains("Permission denied")
                .doesNotContain("/usr");
        assertThat(run("readlink /proc/" + far + "/exe; setpriv --reuid 1000 --clear-groups readlink /proc/" + far
                        + "/exe || echo refused"))
                .isEqualTo("/usr/bin/sleep\nrefused");
        String address = "awk '{print $28}' /proc/" + far + "/stat";
        assertThat(run("setpriv --reuid 1000 --clear-groups " + address)).isEqualTo("0");
        assertThat(run(address)).isNotEqualTo("0");
    }

    @Test
    void someFilesCanBeWrittenFromElsewhere() throws Exception {
        String file = "/proc/" + far + "/oom_score_adj";
        assertThat(run("echo 17 > " + file + "; cat " + file)).isEqualTo("17");
        assertThat(run("setpriv --reuid 65534 --clear-groups bash -c 'echo 5 > " + file + "'"))
                .contains("Permission denied");
        assertThat(cluster.second.run("cat " + file)).isEqualTo("17");
        assertThat(run("echo x > /proc/uptime")).contains("denied");
        assertThat(run("rm /proc/uptime")).contains("not permitted");
    }

    @Test
    void namesThatAreNoProcessAreNotThere() throws Exception {
        String names =
                run("for p in 0 00" + far + " 99999999 300 16390 4194303 none; do [ -e /proc/$p ] && echo $p; done");
        assertThat(names).isEmpty();
    }

    @Test
    void otherModulesAddFiles() throws Exception {
        AtomicReference<String> written = new AtomicReference<>("");
        SyntheticFile file = new SyntheticFile() {
            @Override
            public byte[] read(int uid) {
                return ("sets of " + uid + "\n").getBytes(US_ASCII);
            }

            @Override
            public void write(int uid, byte[] bytes) {
                written.set(new String(bytes, US_ASCII));
            }

            @Override
            public int permissions() {
                return 0644;
            }
        };
        try (Registration _ = cluster.procFs.extensions().add("kddm/sets", file)) {
            assertThat(run("ls /proc/kerrighed /proc/kerrighed/kddm | xargs"))
                    .isEqualTo("/proc/kerrighed: kddm /proc/kerrighed/kddm: sets");
            assertThat(run("cat /proc/kerrighed/kddm/sets; echo go > /proc/kerrighed/kddm/sets"))
                    .isEqualTo("sets of 0");
            assertThat(written.get()).isEqualTo("go\n");
        }
        assertThat(run("cat /proc/kerrighed/kddm/sets")).contains("No such file");
    }

    @Test
    void aNodeThatDoesNotAnswerIsLeftOut() throws Exception {
        cluster.network.cut(TestCluster.ZERO, TestCluster.ONE);
        try {
            long began = System.nanoTime();
            List<String> pids = Arrays.asList(run("ps -eo pid= | tr -d ' '").split("\n"));
            assertThat(pids).contains(Integer.toString(near)).doesNotContain(Integer.toString(far));
            assertThat(run("uptime; free; cat /proc/" + far + "/comm")).contains("No such file");
            assertThat(System.nanoTime() - began).isLessThan(TimeUnit.SECONDS.toNanos(20));
        } finally {
            cluster.network.heal();
        }
        org.awaitility.Awaitility.await().atMost(30, TimeUnit.SECONDS).until(() -> run("ps -eo pid=")
                .contains(Integer.toString(far)));
    }
}
