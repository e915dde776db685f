package org.linuxssi.proc;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Whom the kernel kills when memory runs out (proc_pid_oom_score_adj(5)): never init, without which all programs of the
 * container end, nor the agents that it clones, which hold no memory.
 */
final class OomScore {

    private static final System.Logger LOG = System.getLogger(OomScore.class.getName());
    private static final String NEVER = "-1000";

    private OomScore() {}

    /** Exempts a process and all that it will clone. */
    static void exempt(int hostPid) {
        write(hostPid, NEVER);
    }

    /** Gives a process that becomes a program the score that this daemon has. */
    static void likeTheDaemon(int hostPid) {
        try {
            write(hostPid, Files.readString(file("self")).trim());
        } catch (IOException e) {
            write(hostPid, "0");
        }
    }

    private static void write(int hostPid, String score) {
        try {
            Files.writeString(file(Integer.toString(hostPid)), score);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "oom_score_adj of {0} stays: {1}", hostPid, e.getMessage());
        }
    }

    private static Path file(String process) {
        return Path.of("/proc", process, "oom_score_adj");
    }
}
