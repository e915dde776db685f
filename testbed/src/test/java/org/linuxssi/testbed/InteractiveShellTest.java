package org.linuxssi.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.linuxssi.control.ControlException;
import org.linuxssi.linux.Errno;

/** A shell, and the jobs that it runs, keep their controlling terminal wherever they move. */
@ExtendWith(TestBedExtension.class)
@Timeout(value = 240, unit = TimeUnit.SECONDS)
class InteractiveShellTest {

    private static final Command SHELL = Command.of("/bin/bash", "--norc", "--noprofile", "-i")
            .with("PS1", "P> ")
            .with("TERM", "dumb")
            .with("HISTFILE", "/dev/null");

    private static final String PROMPT = "P> $";

    /** Commands that print what matters between equal signs. */
    private static final List<String> COMMANDS = List.of(
            "tty >/dev/null && echo =terminal$((1+1))=",
            "echo =to$((1+1))= >/dev/tty",
            "python3 -c 'import os; print(\"=%s %s=\" % (os.tcgetpgrp(0) == os.getpgrp(), os.getsid(0) == os.getppid()))'",
            "python3 -c 'import os; print(\"=%s=\" % (os.tcgetpgrp(os.open(\"/dev/tty\", os.O_RDWR)) == os.getpgrp()))'",
            "printf '=%s=\\n' $(echo b a | tr ' ' '\\n' | sort | tr '\\n' ,)",
            "printf '=%s=\\n' $(stty -a | tr -d ';' | tr ' ' '\\n' | grep -x -e '-\\?icanon' -e '-\\?echo' -e '-\\?isig'"
                    + " -e '-\\?onlcr' -e '-\\?opost' | tr '\\n' ,)",
            "ps -o stat= -p $$ | tr -d ' +' | sed 's/.*/=&=/'");

    private static final String RAW = "import os,sys,termios,tty;old=termios.tcgetattr(0);tty.setraw(0);"
            + "os.write(1,b'ra'+b'w');key=os.read(0,1);termios.tcsetattr(0,termios.TCSADRAIN,old);print('=%s=' % key)";

    private static final String TALKER = """
            import os, signal, sys
            signal.signal(signal.SIGWINCH, lambda *_: print('=size %d=' % os.get_terminal_size().columns, flush=True))
            print('=job %d=' % os.getpid(), flush=True)
            for line in iter(sys.stdin.readline, ''):
                print('=%s %s=' % (line.strip(), os.tcgetpgrp(0) == os.getpgrp()), flush=True)
            """;

    private final Cluster cluster;
    private int place;

    InteractiveShellTest(Cluster cluster) {
        this.cluster = cluster;
    }

    private void move(int pid, int node) {
        await().atMost(Duration.ofSeconds(60))
                .ignoreExceptionsMatching(InteractiveShellTest::passing)
                .until(() -> {
                    cluster.migrate(pid, node);
                    return true;
                });
    }

    private static boolean passing(Throwable refused) {
        return refused instanceof ControlException one && one.errno() == Errno.EAGAIN;
    }

    @Test
    void aShellThatMovesWhileItIsUsedBehavesAsANativeOne() throws Exception {
        List<String> expected;
        try (Typist local = Typist.natively(SHELL)) {
            expected = session(local, () -> {});
        }
        try (Typist typist = Typist.inCluster(cluster, 0, SHELL)) {
            int shell = shell(typist);
            List<String> moved = session(typist, () -> move(shell, ++place % cluster.nodes()));
            assertThat(moved).isEqualTo(expected);
        }
        assertThat(place).isGreaterThan(10);
    }

    /** Waits for the shell and returns its pid. */
    private static int shell(Typist typist) {
        typist.read(PROMPT);
        typist.type("echo =$((1+1)) $$=\n");
        return Integer.parseInt(typist.read("=2 (\\d+)=").group(1));
    }

    /** Uses the shell and returns what it said. */
    private static List<String> session(Typist typist, Runnable between) {
        List<String> said = new ArrayList<>();
        typist.type("\n");
        typist.read(PROMPT);
        for (String command : COMMANDS) {
            between.run();
            said.add(ask(typist, command));
        }
        between.run();
        typist.type("read line </dev/tty; echo =$line$((1+1))=\n");
        typist.read("\r\n");
        typist.type("typed\n");
        said.add(typist.read("=typed2=").group());
        between.run();
        typist.type("python3 -c \"" + RAW + "\"\n");
        typist.read("raw$");
        typist.type("\003");
        said.add(typist.read("=b'.x03'=").group());
        jobs(typist, between, said);
        said.add(ask(typist, "stty -a | tr ' ' '\\n' | grep -x -e '-\\?icanon' | sed 's/.*/=&=/'"));
        return said;
    }

    private static void jobs(Typist typist, Runnable between, List<String> said) {
        between.run();
        typist.type("sh -c 'echo =job$((1+1))=; exec sleep 1000'\n");
        typist.read("=job2=");
        between.run();
        typist.type("\032");
        said.add(typist.read("\\[1\\]\\+ +Stopped").group());
        typist.read(PROMPT);
        between.run();
        said.add(ask(typist, "printf '=%s=\\n' $(jobs | wc -l)"));
        typist.type("bg\n");
        typist.read(PROMPT);
        said.add(ask(typist, "printf '=%s=\\n' $(jobs | grep -c Running)"));
        between.run();
        int shell = typist.foreground();
        typist.type("fg\n");
        typist.read("exec sleep 1000'\r\n");
        typist.awaitForegroundIsNot(shell);
        typist.type("\003");
        typist.read(PROMPT);
        said.add(ask(typist, "echo =$?="));
        between.run();
        typist.type("cat &\n");
        typist.read(PROMPT);
        said.add(ask(typist, "until jobs | grep -q Stopped; do sleep 0.1; done; kill -9 %1; wait; echo =stopped="));
        typist.type("stty tostop; (sleep 0.1; echo never) &\n");
        typist.read(PROMPT);
        between.run();
        said.add(ask(typist, "until jobs | grep -q Stopped; do sleep 0.1; done; kill -9 %1; wait; echo =stopped="));
    }

    private static String ask(Typist typist, String command) {
        typist.type(command + "\n");
        String answer = typist.read("\n(=[^=\n]*=)\r").group(1);
        typist.read(PROMPT);
        return answer;
    }

    /** The shell ignores SIGTSTP, and what stands for it and for its jobs on the node it left must not. */
    @Test
    void aJobElsewhereStopsForAShellThatCameBack() throws Exception {
        try (Typist typist = Typist.inCluster(cluster, 0, SHELL)) {
            int shell = shell(typist);
            move(shell, 2);
            typist.type("sh -c 'echo =job$((1+1))=; exec sleep 1000'\n");
            typist.read("=job2=");
            move(shell, 0);
            typist.type("\032");
            typist.read("\\[1\\]\\+ +Stopped");
            typist.read(PROMPT);
            ask(typist, "kill -9 %1; wait; echo =ended=");
        }
    }

    @Test
    void aJobThatMovesIsStillTheShells() throws Exception {
        Path script = Files.writeString(cluster.files().resolve("talker.py"), TALKER);
        try (Typist typist = Typist.inCluster(cluster, 0, SHELL)) {
            typist.read(PROMPT);
            typist.type("python3 " + script + "\n");
            int job = Integer.parseInt(typist.read("=job (\\d+)=").group(1));
            for (int node : List.of(1, 2, 0, 1)) {
                move(job, node);
                talk(typist, "on" + node);
                stopAndGoOn(typist);
                talk(typist, "again" + node);
            }
            typist.resize(40, 111);
            typist.read("=size 111=");
            typist.type("\003");
            typist.read("KeyboardInterrupt");
            typist.read(PROMPT);
            assertThat(ask(typist, "printf '=%s=\\n' $(jobs | wc -l)")).isEqualTo("=0=");
        }
    }

    private static void talk(Typist typist, String line) {
        typist.type(line + "\n");
        typist.read("=" + line + " True=");
    }

    private static void stopAndGoOn(Typist typist) {
        typist.type("\032");
        typist.read("Stopped");
        typist.read(PROMPT);
        typist.type("fg\n");
        typist.read("talker.py\r\n");
    }

    @Test
    void theSessionHearsOfAHangUpFarAway() throws Exception {
        Path heard = cluster.files().resolve("heard");
        Path close = cluster.files().resolve("close");
        Path pid = cluster.files().resolve("pid");
        String leader =
                "trap 'echo hangup >" + heard + "; exit' HUP; echo $$ >" + pid + "; while :; do sleep 0.1; done";
        String master = """
                import os, pty, sys, time
                leader, keyboard = pty.fork()
                if leader == 0:
                    os.execv('/bin/bash', ['bash', '-c', sys.argv[1]])
                while not os.path.exists(sys.argv[2]):
                    time.sleep(0.05)
                os.close(keyboard)
                print(os.waitpid(leader, 0)[1])
                """;
        try (Program running =
                cluster.start(0, Command.of("/usr/bin/python3", "-c", master, leader, close.toString()))) {
            await().atMost(Duration.ofSeconds(30)).until(() -> Files.exists(pid) && Files.size(pid) > 1);
            move(Integer.parseInt(Files.readString(pid).strip()), 1);
            assertThat(heard).doesNotExist();
            Files.createFile(close);
            assertThat(running.await(Duration.ofMinutes(1)).output()).isEqualTo("0\n");
            assertThat(heard).hasContent("hangup");
        }
    }
}
