package org.linuxssi.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Starts programs by {@code posix_spawn(3)}: they inherit the name spaces of the calling thread, get a session of their
 * own, no blocked signal, the default signal actions, and no descriptors but 0, 1 and 2.
 *
 * <p>The caller is the parent and has to reap them, see {@link ProcessIdentity#reap}.
 */
public final class Spawn {

    private static final short SETSIGDEF = 0x04;
    private static final short SETSIGMASK = 0x08;
    private static final short SETSID = 0x80;
    private static final long SIGSET_SIZE = 128;

    /** {@code O_WRONLY | O_CREAT | O_APPEND}. */
    private static final int LOG_FLAGS = 1 | 0x40 | 0x400;

    private static final int LOG_MODE = 0644;

    /** Room for {@code posix_spawn_file_actions_t} (80 bytes) and {@code posix_spawnattr_t} (336 bytes) of glibc. */
    private static final long OPAQUE = 512;

    private static final MethodHandle SPAWN = bind("posix_spawn", 6);
    private static final MethodHandle ACTIONS_INIT = bind("posix_spawn_file_actions_init", 1);
    private static final MethodHandle ACTIONS_DESTROY = bind("posix_spawn_file_actions_destroy", 1);
    private static final MethodHandle ADD_OPEN = downcall(
            "posix_spawn_file_actions_addopen",
            FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT));
    private static final MethodHandle ADD_DUP2 = downcall(
            "posix_spawn_file_actions_adddup2", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT));
    private static final MethodHandle ADD_CLOSE_FROM =
            downcall("posix_spawn_file_actions_addclosefrom_np", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT));
    private static final MethodHandle ADD_CHDIR = bind("posix_spawn_file_actions_addchdir_np", 2);
    private static final MethodHandle ATTRIBUTES_INIT = bind("posix_spawnattr_init", 1);
    private static final MethodHandle ATTRIBUTES_DESTROY = bind("posix_spawnattr_destroy", 1);
    private static final MethodHandle SET_FLAGS =
            downcall("posix_spawnattr_setflags", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_SHORT));
    private static final MethodHandle SET_MASK = bind("posix_spawnattr_setsigmask", 2);
    private static final MethodHandle SET_DEFAULT = bind("posix_spawnattr_setsigdefault", 2);

    private Spawn() {}

    /**
     * Starts a program.
     *
     * @param argv the program's path (no search) and its arguments
     * @param environment its whole environment
     * @param directory its working directory
     * @param log the file its output and messages are added to; its input is empty
     * @return its pid
     * @throws ErrnoException when it can't be started
     */
    public static int start(List<String> argv, Map<String, String> environment, Path directory, Path log) {
        return start(argv.getFirst(), argv, environment, directory, log);
    }

    /**
     * Starts a program under another name.
     *
     * @param path the program's path (no search)
     * @param argv the name that it is told and shows, and its arguments
     * @see #start(List, Map, Path, Path)
     */
    public static int start(String path, List<String> argv, Map<String, String> environment, Path directory, Path log) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment actions = arena.allocate(OPAQUE, 16);
            MemorySegment attributes = arena.allocate(OPAQUE, 16);
            check(argv, ACTIONS_INIT.invoke(actions.address()));
            check(argv, ATTRIBUTES_INIT.invoke(attributes.address()));
            try {
                open(argv, arena, actions, 0, Path.of("/dev/null"), 0);
                open(argv, arena, actions, 1, log, LOG_FLAGS);
                check(argv, ADD_DUP2.invoke(actions.address(), 1, 2));
                check(argv, ADD_CLOSE_FROM.invoke(actions.address(), 3));
                check(
                        argv,
                        ADD_CHDIR.invoke(
                                actions.address(),
                                Syscalls.text(arena, directory.toString()).address()));
                resetSignals(argv, arena, attributes);
                return spawn(path, argv, environment, arena, actions, attributes);
            } finally {
                check(argv, ACTIONS_DESTROY.invoke(actions.address()));
                check(argv, ATTRIBUTES_DESTROY.invoke(attributes.address()));
            }
        } catch (RuntimeException | Error problem) {
            throw problem;
        } catch (Throwable problem) {
            throw new AssertionError("posix_spawn", problem);
        }
    }

    private static void open(
            List<String> argv, Arena arena, MemorySegment actions, int descriptor, Path file, int flags)
            throws Throwable {
        long path = Syscalls.text(arena, file.toString()).address();
        check(argv, ADD_OPEN.invoke(actions.address(), descriptor, path, flags, LOG_MODE));
    }

    private static void resetSignals(List<String> argv, Arena arena, MemorySegment attributes) throws Throwable {
        MemorySegment none = arena.allocate(SIGSET_SIZE, 8);
        MemorySegment all = arena.allocate(SIGSET_SIZE, 8).fill((byte) 0xff);
        check(argv, SET_MASK.invoke(attributes.address(), none.address()));
        check(argv, SET_DEFAULT.invoke(attributes.address(), all.address()));
        check(argv, SET_FLAGS.invoke(attributes.address(), (short) (SETSIGDEF | SETSIGMASK | SETSID)));
    }

    private static int spawn(
            String program,
            List<String> argv,
            Map<String, String> environment,
            Arena arena,
            MemorySegment actions,
            MemorySegment attributes)
            throws Throwable {
        List<String> variables = environment.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .toList();
        MemorySegment pid = arena.allocate(JAVA_INT);
        MemorySegment path = Syscalls.text(arena, program);
        check(
                argv,
                SPAWN.invoke(
                        pid.address(),
                        path.address(),
                        actions.address(),
                        attributes.address(),
                        vector(arena, argv).address(),
                        vector(arena, variables).address()));
        return pid.get(JAVA_INT, 0);
    }

    private static MemorySegment vector(Arena arena, List<String> texts) {
        MemorySegment vector = arena.allocate(ADDRESS, texts.size() + 1L);
        for (int i = 0; i < texts.size(); i++) {
            vector.setAtIndex(ADDRESS, i, Syscalls.text(arena, texts.get(i)));
        }
        return vector;
    }

    /** The functions return an error number instead of setting errno. */
    private static void check(List<String> argv, Object result) {
        int error = (Integer) result;
        if (error != 0) {
            throw new ErrnoException("start " + argv.getFirst(), Errno.of(error));
        }
    }

    private static MethodHandle bind(String name, int count) {
        MemoryLayout[] arguments = new MemoryLayout[count];
        Arrays.fill(arguments, JAVA_LONG);
        return downcall(name, FunctionDescriptor.of(JAVA_INT, arguments));
    }

    @SuppressWarnings("restricted")
    private static MethodHandle downcall(String name, FunctionDescriptor descriptor) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), descriptor);
    }
}
