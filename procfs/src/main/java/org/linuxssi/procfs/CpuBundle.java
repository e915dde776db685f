package org.linuxssi.procfs;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.linuxssi.linux.CpuList;
import org.linuxssi.linux.DirectoryFd;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.FuseAttr;
import org.linuxssi.tools.Codec;

/**
 * What {@code /sys/devices/system/cpu} of one node says of its processors that are online.
 *
 * @param cpus files by path below the directory of each, as {@code topology/core_id}; the processors in ascending order
 */
record CpuBundle(List<Map<String, String>> cpus) {

    private static final int FILE_LIMIT = 4096;
    private static final int FILES = 1000;
    private static final int CPUS = 8192;

    private static final Codec<Map.Entry<String, String>> FILE = Codec.of(
            (file, out) -> out.text(file.getKey()).text(file.getValue()),
            in -> Map.entry(in.text(FILE_LIMIT), in.text(FILE_LIMIT)));

    private static final Codec<Map<String, String>> CPU =
            Codec.of((cpu, out) -> out.list(List.copyOf(cpu.entrySet()), FILE), in -> {
                Map<String, String> files = new TreeMap<>();
                in.list(FILES, FILE).forEach(file -> files.put(file.getKey(), file.getValue()));
                return files;
            });

    static final Codec<CpuBundle> CODEC =
            Codec.of((bundle, out) -> out.list(bundle.cpus, CPU), in -> new CpuBundle(in.list(CPUS, CPU)));

    /** Reads the bundle of this node from its {@code /sys/devices/system/cpu}. */
    static CpuBundle read(DirectoryFd system) {
        List<Map<String, String>> cpus = new ArrayList<>();
        for (int cpu : CpuList.parse(text(system, "online"))) {
            Map<String, String> files = new TreeMap<>();
            directory(system, "cpu" + cpu, "topology", files);
            for (String index : names(system, "cpu" + cpu + "/cache")) {
                directory(system, "cpu" + cpu, "cache/" + index, files);
            }
            for (String frequency : List.of("cpuinfo_max_freq", "cpuinfo_min_freq", "scaling_cur_freq")) {
                file(system, "cpu" + cpu, "cpufreq/" + frequency, files);
            }
            cpus.add(files);
        }
        return new CpuBundle(cpus);
    }

    private static String text(DirectoryFd system, String path) {
        return new String(system.read(path, FILE_LIMIT), StandardCharsets.ISO_8859_1);
    }

    private static TreeSet<String> names(DirectoryFd system, String directory) {
        TreeSet<String> names = new TreeSet<>();
        try {
            for (DirectoryFd.Entry entry : system.list(directory)) {
                if (!entry.name().equals("uevent") && entry.type() != FuseAttr.SYMLINK >> 12) {
                    names.add(entry.name());
                }
            }
        } catch (ErrnoException _) {
            return names;
        }
        return names;
    }

    private static void directory(DirectoryFd system, String cpu, String directory, Map<String, String> files) {
        names(system, cpu + "/" + directory).forEach(name -> file(system, cpu, directory + "/" + name, files));
    }

    private static void file(DirectoryFd system, String cpu, String path, Map<String, String> files) {
        try {
            files.put(path, text(system, cpu + "/" + path));
        } catch (ErrnoException _) {
            // Virtual machines lack some files.
        }
    }
}
