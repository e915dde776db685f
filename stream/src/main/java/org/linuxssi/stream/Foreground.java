package org.linuxssi.stream;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Tells whether a process on another node may read its terminal on this one now. */
@FunctionalInterface
public interface Foreground {

    /** Always. */
    Foreground ALWAYS = () -> true;

    /** Returns whether a read would not be stopped by SIGTTIN; called often, must be quick. */
    boolean mayRead();

    /**
     * Returns the rule of a process on this node that is in the same group and session: the proxy of the one that reads,
     * or the command that started it. Nothing is read when it is gone.
     *
     * @param pid in the pid name space of this daemon's {@code /proc}
     */
    static Foreground of(int pid) {
        Path stat = Path.of("/proc", Integer.toString(pid), "stat");
        return () -> {
            try {
                return foreground(Files.readString(stat));
            } catch (IOException _) {
                return false;
            }
        };
    }

    private static boolean foreground(String stat) {
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        String group = fields[2];
        String terminal = fields[4];
        String foregroundGroup = fields[5];
        return terminal.equals("0") || group.equals(foregroundGroup);
    }
}
