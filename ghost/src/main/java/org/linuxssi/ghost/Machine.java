package org.linuxssi.ghost;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.linuxssi.linux.ProcFilesMaps;
import org.linuxssi.linux.ProcFilesMaps.Mapping;
import org.linuxssi.linux.ProcessMemory;

/** What images need to know of the machine. */
final class Machine {

    private static final int CPUS = countCpus();
    private static final String CPU_FLAGS = readCpuFlags();
    private static final String VDSO = digestVdso();

    private Machine() {}

    /** Returns the number of CPUs that are online. */
    static int cpus() {
        return CPUS;
    }

    /** Returns the features of the first CPU, as the kernel lists them. */
    static String cpuFlags() {
        return CPU_FLAGS;
    }

    /** Returns a digest of the code that the kernel maps into all processes, with the size of its data. */
    static String vdso() {
        return VDSO;
    }

    private static int countCpus() {
        int count = 0;
        for (String range : read("/sys/devices/system/cpu/online").trim().split(",")) {
            String[] ends = range.split("-");
            count += Integer.parseInt(ends[ends.length - 1]) - Integer.parseInt(ends[0]) + 1;
        }
        return count;
    }

    private static String readCpuFlags() {
        return read("/proc/cpuinfo")
                .lines()
                .filter(line -> line.startsWith("flags"))
                .findFirst()
                .map(line -> line.substring(line.indexOf(':') + 1).trim())
                .orElse("");
    }

    private static String read(String path) {
        try {
            return Files.readString(Path.of(path));
        } catch (IOException problem) {
            throw new UncheckedIOException("read " + path, problem);
        }
    }

    private static String digestVdso() {
        int pid = (int) ProcessHandle.current().pid();
        List<Mapping> maps = ProcFilesMaps.maps(pid);
        long data = maps.stream()
                .filter(mapping -> mapping.path().startsWith("[vvar"))
                .mapToLong(Mapping::length)
                .sum();
        try (ProcessMemory memory = new ProcessMemory(pid)) {
            return maps.stream()
                    .filter(mapping -> mapping.path().equals("[vdso]"))
                    .findFirst()
                    .map(vdso -> data + ":" + digest(memory.read(vdso.start(), (int) vdso.length())))
                    .orElse("none");
        }
    }

    private static String digest(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException problem) {
            throw new IllegalStateException("SHA-256 is part of every JDK", problem);
        }
    }
}
