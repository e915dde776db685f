package org.linuxssi.procfs;

import java.time.Duration;
import java.util.function.IntPredicate;
import org.linuxssi.linux.FuseMountOptions;

/**
 * How {@code /proc} is shown.
 *
 * @param hidden name of the directory on which the container's real procfs is mounted; it is not listed
 * @param threads threads that answer the kernel
 * @param deadline how long a node may take to answer before it is left out
 * @param seesLocalStat tells which threads (pids in the container) see the numbers of their node instead of the
 *     cluster's: those with the capability SEE_LOCAL_PROC_STAT
 */
public record ProcFsOptions(String hidden, int threads, Duration deadline, IntPredicate seesLocalStat) {

    /**
     * Name of an empty directory on which that of the real procfs is to be mounted: programs that look where a path leads
     * ({@code sysctl}) expect it there.
     */
    public static final String COVERED = "sys";

    /** Options of mount(2). */
    public static final FuseMountOptions MOUNT = new FuseMountOptions("proc", "fuse", true, 128 << 10);

    /** Flags of mount(2), as usual for a procfs. */
    public static final long MOUNT_FLAGS =
            FuseMountOptions.MS_NOSUID | FuseMountOptions.MS_NODEV | FuseMountOptions.MS_NOEXEC;

    /** Returns the usual options. */
    public static ProcFsOptions defaults() {
        return new ProcFsOptions(".local", 3, Duration.ofMillis(700), pid -> false);
    }
}
