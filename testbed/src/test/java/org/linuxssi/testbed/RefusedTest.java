package org.linuxssi.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.linuxssi.control.ControlException;
import org.linuxssi.linux.Errno;

/** What cannot move is refused by name, and the program runs on as if nothing had been. */
@ExtendWith(TestBedExtension.class)
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class RefusedTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int SIGUSR1 = 10;

    @TempDir
    Path directory;

    private final Cluster cluster;

    RefusedTest(Cluster cluster) {
        this.cluster = cluster;
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            epoll            | fd \\d+: eventpoll: it is shared with another process
            epoll-closed     | fd \\d+: epoll watches a file that was descriptor \\d+, which was closed
            eventfd          | fd \\d+: eventfd: it is shared with another process
            timerfd          | fd \\d+: timerfd: it is shared with another process
            signalfd         | fd \\d+: signalfd: it is shared with another process
            inotify          | fd \\d+: inotify
            pidfd            | fd \\d+: pidfd: the process has ended
            memfd            | fd \\d+: a deleted file /memfd:x \\(deleted\\), which process \\d+ has, too
            userfaultfd      | fd \\d+: userfaultfd
            deleted          | fd \\d+: a deleted file /.*/deleted \\(deleted\\), which process \\d+ has, too
            deleted-linked   | fd \\d+: a deleted file /.*/linked \\(deleted\\) that has another name
            deleted-mapping  | fd \\d+: a deleted file /.*/deleted-mapping \\(deleted\\), which process \\d+ has
            shared-memory    | memory at [0-9a-f]+: shared anonymous memory, which process \\d+ has, too
            segment          | memory at [0-9a-f]+: SysV shared memory
            udp              | fd \\d+: .*: a UDP socket
            listening        | fd \\d+: .*: a listening TCP socket
            unix-datagrams   | fd \\d+: .*: a Unix datagram socket
            netlink          | fd \\d+: .*: a netlink socket
            named-pipe       | fd \\d+: .*/fifo: both ends of a named pipe
            record-lock      | fd \\d+: a lock on .*/record-lock for which another process waits
            description-lock | fd \\d+: a lock on a part of .*/description-lock that belongs to another process, too
            lease            | fd \\d+: a lease on .*/lease
            async            | fd \\d+: signals for pipe:
            proc             | fd \\d+: a file of the kernel, /proc/\\S*/status
            proc-load        | fd \\d+: a file of the kernel, /proc/loadavg
            sys              | fd \\d+: a file of the kernel, /sys/
            terminal         | fd \\d+: .*: the master of a terminal
            log              | fd \\d+: /dev/kmsg: files of this kind
            trap             | it ignores SIGTRAP
            gone             | its working directory is deleted
            node-file        | fd \\d+: /node/refused is
            node-directory   | fd \\d+: /node is another
            node-position    | working directory: /node is another
            node-root        | root directory: /node is another
            user-space       | a name space of its own: user
            mount-space      | a name space of its own: mnt
            name-space       | a name space of its own: uts
            ipc-space        | a name space of its own: ipc
            net-space        | a name space of its own: net
            pid-space        | a name space of its own: pid_for_children
            cgroup-space     | a name space of its own: cgroup
            time-space       | a name space of its own: time_for_children
            """)
    void isRefusedByNameAndRunsOn(String kind, String reason) throws IOException {
        Path script = Programs.source("refused.py", directory);
        Command command = Command.of("/usr/bin/python3", script.toString(), kind)
                .in(Files.createTempDirectory(directory, "work"));
        try (Program program = cluster.start(1, command)) {
            await().atMost(PATIENCE).until(() -> program.output().equals("ready\n") || !program.running());
            ControlException refusal =
                    catchThrowableOfType(ControlException.class, () -> cluster.migrate(program.pid(), 2));
            assertThat(refusal).isNotNull();
            assertThat(refusal.errno()).isEqualTo(Errno.EAGAIN);
            assertThat(refusal.getMessage()).containsPattern(reason);
            cluster.signal(1, program.pid(), SIGUSR1);
            assertThat(program.await(PATIENCE)).isEqualTo(new Result(0, "ready\nalive\n", ""));
        }
    }
}
