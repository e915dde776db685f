package org.linuxssi.linux;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The other files of {@code /proc/PID} ({@code proc(5)}). All throw ESRCH when there is no such process. */
public final class ProcFiles {

    private ProcFiles() {}

    /**
     * {@code /proc/PID/stat} ({@code proc_pid_stat(5)}).
     *
     * @param comm name of the thread
     * @param state one letter
     * @param fields all that follows the name, from field 3 (the state) on
     */
    public record Stat(String comm, char state, List<String> fields) {

        /** Returns the field with the number of the manual page, from 3 on. */
        public long field(int number) {
            return Long.parseUnsignedLong(fields.get(number - 3).replace("-", ""))
                    * (fields.get(number - 3).startsWith("-") ? -1 : 1);
        }

        /** Returns the parent's pid. */
        public int parent() {
            return (int) field(4);
        }
    }

    /** Returns the stat file of a process, or of a thread as {@code "712/task/713"}. */
    public static Stat stat(String process) {
        String text = ProcFilesReader.text("/proc/" + process + "/stat").stripTrailing();
        int close = text.lastIndexOf(')');
        List<String> fields = List.of(text.substring(close + 2).split(" "));
        return new Stat(
                text.substring(text.indexOf('(') + 1, close), fields.getFirst().charAt(0), fields);
    }

    /** Returns the stat file of a process. */
    public static Stat stat(int pid) {
        return stat(Integer.toString(pid));
    }

    /** Returns the fields of {@code status} of a process, or of a thread as {@code "712/task/713"}. */
    public static Map<String, String> status(String process) {
        Map<String, String> fields = new LinkedHashMap<>();
        for (String line : ProcFilesReader.text("/proc/" + process + "/status").split("\n")) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                fields.put(line.substring(0, colon), line.substring(colon + 1).trim());
            }
        }
        return Collections.unmodifiableMap(fields);
    }

    /** Returns the whole text of a file of the process, as {@code "oom_score_adj"}. */
    public static String text(int pid, String name) {
        return ProcFilesReader.text("/proc/" + pid + "/" + name);
    }

    /** Returns the whole text of a file of the whole system, as {@code "locks"}. */
    public static String kernelText(String name) {
        return ProcFilesReader.text("/proc/" + name);
    }

    /** Returns the whole text of a file of {@code /sys}, as {@code "devices/system/cpu/online"}. */
    public static String systemText(String name) {
        return ProcFilesReader.text("/sys/" + name);
    }

    /** Returns the auxiliary vector as the kernel stores it, with its end. */
    public static byte[] auxv(int pid) {
        return ProcFilesReader.bytes("/proc/" + pid + "/auxv");
    }

    /** Returns what a link of the process points to, as {@code "exe"} or {@code "fd/3"}. */
    public static String link(int pid, String name) {
        return ProcFilesReader.link("/proc/" + pid + "/" + name);
    }

    /** Returns the ids of all threads, ascending. */
    public static List<Integer> threads(int pid) {
        return numbers("/proc/" + pid + "/task");
    }

    /**
     * Returns the ids of the children of all threads, zombies included.
     *
     * @throws ErrnoException ENOENT when the process is gone, or the kernel was built without these lists
     */
    public static List<Integer> children(int pid) {
        List<Integer> children = new ArrayList<>();
        for (int tid : threads(pid)) {
            for (String child : text(pid, "task/" + tid + "/children").split(" ")) {
                if (!child.isBlank()) {
                    children.add(Integer.parseInt(child.strip()));
                }
            }
        }
        return children;
    }

    /** Returns the numbers of all descriptors, ascending. */
    public static List<Integer> descriptors(int pid) {
        return numbers("/proc/" + pid + "/fd");
    }

    /** Returns the ids of all processes, ascending. */
    public static List<Integer> processes() {
        List<Integer> all = new ArrayList<>();
        String[] names = new java.io.File("/proc").list();
        for (String name : names == null ? new String[0] : names) {
            if (Character.isDigit(name.charAt(0))) {
                all.add(Integer.valueOf(name));
            }
        }
        Collections.sort(all);
        return List.copyOf(all);
    }

    private static List<Integer> numbers(String directory) {
        List<Integer> numbers = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(Path.of(directory))) {
            for (Path entry : entries) {
                numbers.add(Integer.valueOf(String.valueOf(entry.getFileName())));
            }
        } catch (IOException | java.nio.file.DirectoryIteratorException _) {
            throw new ErrnoException("list " + directory, Errno.ESRCH);
        }
        Collections.sort(numbers);
        return List.copyOf(numbers);
    }

    /**
     * {@code /proc/PID/fdinfo/N} ({@code proc_pid_fdinfo(5)}).
     *
     * @param position of the next read or write
     * @param flags of open, with O_CLOEXEC
     * @param mount the number of the mount, as in {@code mountinfo}; -1 when the kernel does not tell
     * @param extra all other lines
     */
    public record FdInfo(long position, int flags, int mount, List<String> extra) {}

    /** Returns what the kernel tells of a descriptor. */
    public static FdInfo fdinfo(int pid, int fd) {
        long position = 0;
        int flags = 0;
        int mount = -1;
        List<String> extra = new ArrayList<>();
        for (String line :
                ProcFilesReader.text("/proc/" + pid + "/fdinfo/" + fd).split("\n")) {
            if (line.startsWith("pos:")) {
                position = Long.parseUnsignedLong(line.substring(4).trim());
            } else if (line.startsWith("flags:")) {
                flags = Integer.parseInt(line.substring(6).trim(), 8);
            } else if (line.startsWith("mnt_id:")) {
                mount = Integer.parseInt(line.substring(7).trim());
            } else if (!line.startsWith("ino:")) {
                extra.add(line);
            }
        }
        return new FdInfo(position, flags, mount, List.copyOf(extra));
    }

    /**
     * Returns the type of a file system that a process has mounted ({@code proc_pid_mountinfo(5)}), as {@code "ext4"}.
     *
     * @param mount the number of the mount
     * @return nothing when it is none of the process's
     */
    public static Optional<String> fileSystem(int pid, int mount) {
        return text(pid, "mountinfo")
                .lines()
                .filter(line -> line.startsWith(mount + " "))
                .map(line -> line.substring(line.indexOf(" - ") + 3).split(" ")[0])
                .findFirst();
    }
}
