package org.linuxssi.procfs;

import static org.linuxssi.linux.FuseAttr.DIRECTORY;
import static org.linuxssi.linux.FuseAttr.REGULAR;
import static org.linuxssi.linux.FuseAttr.SYMLINK;
import static org.linuxssi.linux.FuseAttr.TYPE_MASK;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A name in the directory of a process of another node ({@code fs/proc/base.c}, tgid_base_stuff and tid_base_stuff).
 *
 * <p>Left out are {@code mem}, {@code pagemap}, {@code map_files}, {@code attr}, {@code net} and {@code stack}, which make
 * sense only on the process's own node.
 *
 * @param index position in {@link #ALL}, part of node ids: append only
 * @param name the name
 * @param mode type and permissions
 * @param guarded whether reading needs the same user as the process, as ptrace does
 * @param inTask whether threads have it too
 */
record PidItem(int index, String name, int mode, boolean guarded, boolean inTask) {

    static final List<PidItem> ALL = table();

    private static List<PidItem> table() {
        List<PidItem> all = new ArrayList<>();
        add(all, REGULAR | 0444, false, true, "stat", "statm", "status", "cmdline");
        add(all, REGULAR | 0644, false, true, "comm", "oom_score_adj", "oom_adj", "loginuid");
        add(all, REGULAR | 0444, false, true, "limits", "sched", "schedstat", "wchan", "cpuset", "cgroup", "oom_score");
        add(all, REGULAR | 0444, false, true, "sessionid", "mounts", "mountinfo", "uid_map", "gid_map", "projid_map");
        add(all, REGULAR | 0644, false, false, "setgroups", "coredump_filter", "autogroup");
        add(all, REGULAR | 0400, true, true, "environ", "auxv", "personality", "syscall", "io");
        add(all, REGULAR | 0444, true, true, "maps", "smaps", "smaps_rollup", "numa_maps");
        add(all, REGULAR | 0400, true, false, "mountstats", "timers", "timerslack_ns");
        add(all, REGULAR | 0444, false, true, "children");
        add(all, SYMLINK | 0777, true, true, "cwd", "root", "exe");
        add(all, DIRECTORY | 0555, false, false, "task");
        add(all, DIRECTORY | 0500, true, false, "fd");
        add(all, DIRECTORY | 0555, true, false, "fdinfo");
        add(all, DIRECTORY | 0511, true, false, "ns");
        return List.copyOf(all);
    }

    private static void add(List<PidItem> all, int mode, boolean guarded, boolean inTask, String... names) {
        for (String name : names) {
            all.add(new PidItem(all.size(), name, mode, guarded, inTask));
        }
    }

    /** Finds a name in the directory of a process, or of a thread. */
    static Optional<PidItem> find(String name, boolean task) {
        return ALL.stream()
                .filter(item -> item.name.equals(name))
                .filter(item -> item.isIn(task))
                .findFirst();
    }

    boolean isIn(boolean task) {
        return task ? inTask : !name.equals("children");
    }

    int type() {
        return mode & TYPE_MASK;
    }
}
