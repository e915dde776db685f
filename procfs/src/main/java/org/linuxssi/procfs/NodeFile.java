package org.linuxssi.procfs;

import java.util.Arrays;
import java.util.Optional;

/** A file in {@code /proc/nodes/nodeN}; the order is part of node ids: append only. */
enum NodeFile {
    /** Processors. */
    CPUINFO(true),
    /** Memory. */
    MEMINFO(true),
    /** Times of the processors, counters. */
    STAT(true),
    /** Average load. */
    LOADAVG(true),
    /** Seconds since boot. */
    UPTIME(true),
    /** Counters of the memory management. */
    VMSTAT(true),
    /** Version of the kernel. */
    VERSION(false),
    /** Counters of the disks. */
    DISKSTATS(false),
    /** Counters of interrupts. */
    INTERRUPTS(false),
    /** Counters of soft interrupts. */
    SOFTIRQS(false),
    /** Block devices. */
    PARTITIONS(false),
    /** Swap areas. */
    SWAPS(false),
    /** File systems of the kernel. */
    FILESYSTEMS(false),
    /** Command line of the kernel. */
    CMDLINE(false);

    private final boolean summed;

    NodeFile(boolean summed) {
        this.summed = summed;
    }

    /** Tells whether the file of the same name in the root is the sum over the nodes. */
    boolean isSummed() {
        return summed;
    }

    /** Returns the number in node ids. */
    @SuppressWarnings("EnumOrdinal") // the order is kept
    int code() {
        return ordinal();
    }

    /** Finds the file of a number in a node id. */
    static Optional<NodeFile> ofCode(int code) {
        return Arrays.stream(values()).filter(file -> file.code() == code).findFirst();
    }

    String fileName() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }

    static Optional<NodeFile> find(String name) {
        return Arrays.stream(values())
                .filter(file -> file.fileName().equals(name))
                .findFirst();
    }
}
