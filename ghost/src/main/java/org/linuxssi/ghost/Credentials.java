package org.linuxssi.ghost;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.tools.Codec;

/**
 * Who a process is for the kernel ({@code credentials(7)}, {@code capabilities(7)}); the same for all its threads.
 *
 * @param users real, effective, saved and file system user
 * @param groups real, effective, saved and file system group
 * @param supplementary further groups
 * @param capabilities inheritable, permitted, effective, bounding and ambient sets
 * @param noNewPrivileges whether execve can't give more rights
 * @param seccompFilters number of filters it runs under
 */
record Credentials(
        List<Integer> users,
        List<Integer> groups,
        List<Integer> supplementary,
        List<Long> capabilities,
        boolean noNewPrivileges,
        int seccompFilters) {

    private static final Codec<Integer> ID = Codec.of((id, out) -> out.i32(id), in -> in.i32());
    private static final Codec<Long> SET = Codec.of((set, out) -> out.i64(set), in -> in.i64());

    static final int INHERITABLE = 0;
    static final int PERMITTED = 1;
    static final int EFFECTIVE = 2;
    static final int BOUNDING = 3;
    static final int AMBIENT = 4;

    static final Codec<Credentials> CODEC = Codec.of(
            (c, out) -> out.list(c.users, ID)
                    .list(c.groups, ID)
                    .list(c.supplementary, ID)
                    .list(c.capabilities, SET)
                    .bool(c.noNewPrivileges)
                    .i32(c.seccompFilters),
            in -> new Credentials(
                    in.list(4, ID), in.list(4, ID), in.list(65536, ID), in.list(5, SET), in.bool(), in.i32()));

    /** Checks the sizes. */
    Credentials {
        if (users.size() != 4 || groups.size() != 4 || capabilities.size() != 5) {
            throw new IllegalArgumentException("four users, four groups and five sets make credentials");
        }
    }

    /** Reads those of a thread, given as {@code "712/task/713"}. */
    static Credentials of(String thread) {
        return of(ProcFiles.status(thread));
    }

    /** Reads them from the status of a thread. */
    static Credentials of(Map<String, String> status) {
        return new Credentials(
                ids(status, "Uid"),
                ids(status, "Gid"),
                ids(status, "Groups"),
                List.of(
                        set(status, "CapInh"),
                        set(status, "CapPrm"),
                        set(status, "CapEff"),
                        set(status, "CapBnd"),
                        set(status, "CapAmb")),
                status.getOrDefault("NoNewPrivs", "0").equals("1"),
                Integer.parseInt(status.getOrDefault("Seccomp_filters", "0")));
    }

    private static List<Integer> ids(Map<String, String> status, String name) {
        List<Integer> ids = new ArrayList<>();
        for (String id : status.getOrDefault(name, "").split("\\s+")) {
            if (!id.isEmpty()) {
                ids.add(Integer.parseUnsignedInt(id));
            }
        }
        return List.copyOf(ids);
    }

    private static long set(Map<String, String> status, String name) {
        return Long.parseUnsignedLong(status.getOrDefault(name, "0"), 16);
    }
}
