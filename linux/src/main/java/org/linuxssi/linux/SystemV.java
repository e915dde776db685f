package org.linuxssi.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;

/**
 * The message queues, semaphores and shared memory of System V ({@code sysvipc(7)}) of a name space, as a user may use them.
 *
 * @param process one that is in the name space, by its pid in ours
 * @param uid of the user
 * @param gid of the user
 */
public record SystemV(int process, int uid, int gid) {

    /** The highest value of a semaphore (SEMVMX, {@code linux/sem.h}). */
    public static final int MOST_VALUE = 32767;

    private static final int CLONE_NEWIPC = 0x0800_0000;
    private static final int IPC_CREAT = 01000;
    private static final int IPC_EXCL = 02000;
    private static final int IPC_NOWAIT = 04000;
    private static final int IPC_RMID = 0;
    private static final int IPC_SET = 1;
    private static final int IPC_STAT = 2;
    private static final int GETALL = 13;
    private static final int SETALL = 17;
    private static final int SHM_RDONLY = 010000;
    private static final int MSG_COPY = 040000;
    private static final int PERMISSIONS = 0777;
    private static final int DESTROYED = 01000;
    private static final int STRUCT_BYTES = 128;
    private static final int PAGE = 4096;

    /** As root. */
    public SystemV(int process) {
        this(process, 0, 0);
    }

    /** The kinds of objects, with their calls and where their structures have what ({@code asm-generic/*buf.h}). */
    public enum Kind {
        /** {@code msgget(2)}. */
        QUEUE("message queue", "msg", Nr.MSGGET, Nr.MSGCTL, 88, 72),
        /** {@code semget(2)}. */
        SEMAPHORES("semaphores", "sem", Nr.SEMGET, Nr.SEMCTL, 80, 80),
        /** {@code shmget(2)}. */
        MEMORY("shared memory", "shm", Nr.SHMGET, Nr.SHMCTL, 48, 88);

        private final String text;
        private final String prefix;
        private final int get;
        private final int control;
        private final int size;
        private final int used;

        Kind(String text, String prefix, int get, int control, int size, int used) {
            this.text = text;
            this.prefix = prefix;
            this.get = get;
            this.control = control;
            this.size = size;
            this.used = used;
        }

        /** Returns its name for people. */
        public String text() {
            return text;
        }

        private long control(int id, int command, long argument) {
            return this == SEMAPHORES
                    ? Syscalls.call(control, id, 0, command, argument)
                    : Syscalls.call(control, id, command, argument);
        }
    }

    /**
     * What the kernel knows of an object.
     *
     * @param key 0 when it has none
     * @param uid its owner
     * @param gid group of the owner
     * @param creator user that made it
     * @param creatorGroup group that made it
     * @param mode who may use it, as 0600
     * @param destroyed whether shared memory goes when nobody has it attached any more
     * @param size how many bytes a queue may hold, how many semaphores there are, how many bytes of memory
     * @param used bytes in a queue; how often memory is attached
     */
    public record Status(
            int key,
            int uid,
            int gid,
            int creator,
            int creatorGroup,
            int mode,
            boolean destroyed,
            long size,
            long used) {}

    /** A message. Passed on, never compared: so an array is good enough. */
    @SuppressWarnings("ArrayRecordComponent")
    public record Message(long type, byte[] text) {}

    /**
     * Returns what is known of an object.
     *
     * @throws ErrnoException EINVAL or EIDRM when there is none, EACCES when the user may not read it
     */
    public Status status(Kind kind, int id) {
        return inside(() -> {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment it = arena.allocate(STRUCT_BYTES, 8);
                check("look at", kind, id, kind.control(id, IPC_STAT, it.address()));
                int mode = it.get(JAVA_INT, 20);
                return new Status(
                        it.get(JAVA_INT, 0),
                        it.get(JAVA_INT, 4),
                        it.get(JAVA_INT, 8),
                        it.get(JAVA_INT, 12),
                        it.get(JAVA_INT, 16),
                        mode & PERMISSIONS,
                        (mode & DESTROYED) != 0,
                        it.get(JAVA_LONG, kind.size),
                        it.get(JAVA_LONG, kind.used));
            }
        });
    }

    /** Returns the identifier of the object with a key other than 0. */
    public Optional<Integer> find(Kind kind, int key) {
        return inside(() -> {
            long id = Syscalls.call(kind.get, key, 0, 0);
            return Syscalls.failed(id) ? Optional.empty() : Optional.of((int) id);
        });
    }

    /** Returns the values of semaphores. */
    public List<Integer> values(int id, int count) {
        return inside(() -> {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment values = arena.allocate(JAVA_SHORT, count);
                check("read", Kind.SEMAPHORES, id, Kind.SEMAPHORES.control(id, GETALL, values.address()));
                List<Integer> all = new ArrayList<>();
                for (int i = 0; i < count; i++) {
                    all.add(Short.toUnsignedInt(values.getAtIndex(JAVA_SHORT, i)));
                }
                return all;
            }
        });
    }

    /** Sets all values of semaphores. */
    public void values(int id, List<Integer> values) {
        inside(() -> {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment all = arena.allocate(JAVA_SHORT, values.size());
                for (int i = 0; i < values.size(); i++) {
                    all.setAtIndex(JAVA_SHORT, i, values.get(i).shortValue());
                }
                return check("set", Kind.SEMAPHORES, id, Kind.SEMAPHORES.control(id, SETALL, all.address()));
            }
        });
    }

    /** Returns copies of the messages that wait in a queue, the oldest first; they stay there. */
    public List<Message> messages(int id) {
        int most = Math.toIntExact(status(Kind.QUEUE, id).used());
        return inside(() -> {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment room = arena.allocate(8L + most, 8);
                List<Message> messages = new ArrayList<>();
                while (true) {
                    long bytes =
                            Syscalls.call(Nr.MSGRCV, id, room.address(), most, messages.size(), MSG_COPY | IPC_NOWAIT);
                    if (bytes == -Errno.ENOMSG.number()) {
                        return messages;
                    }
                    check("read", Kind.QUEUE, id, bytes);
                    byte[] text = room.asSlice(8, bytes).toArray(JAVA_BYTE);
                    messages.add(new Message(room.get(JAVA_LONG, 0), text));
                }
            }
        });
    }

    /** Appends messages to a queue, which has to have room. */
    public void send(int id, List<Message> messages) {
        inside(() -> {
            for (Message message : messages) {
                try (Arena arena = Arena.ofConfined()) {
                    MemorySegment room = arena.allocate(8L + message.text().length, 8);
                    room.set(JAVA_LONG, 0, message.type());
                    MemorySegment.copy(message.text(), 0, room, JAVA_BYTE, 8, message.text().length);
                    check(
                            "write to",
                            Kind.QUEUE,
                            id,
                            Syscalls.call(Nr.MSGSND, id, room.address(), message.text().length, IPC_NOWAIT));
                }
            }
            return true;
        });
    }

    /**
     * Returns a descriptor of ours for shared memory; needs CAP_CHECKPOINT_RESTORE besides what the user may.
     *
     * @param writable whether it is written to
     */
    public int open(int id, boolean writable) {
        long bytes = (status(Kind.MEMORY, id).size() + PAGE - 1) & -PAGE;
        long address = inside(
                () -> check("attach", Kind.MEMORY, id, Syscalls.call(Nr.SHMAT, id, 0, writable ? 0 : SHM_RDONLY)));
        try {
            String range = Long.toHexString(address) + "-" + Long.toHexString(address + bytes);
            return Descriptors.open(
                    "/proc/self/map_files/" + range, writable ? Descriptors.O_RDWR : Descriptors.O_RDONLY);
        } finally {
            Syscalls.call(Nr.SHMDT, address);
        }
    }

    /**
     * Makes an object with an identifier; needs CAP_CHECKPOINT_RESTORE. It is its creator's alone.
     *
     * @param status key, creator and size of it
     * @throws ErrnoException EEXIST when the identifier or the key is in use
     */
    public void create(Kind kind, int id, Status status) {
        if (inside(() -> !Syscalls.failed(stat(kind, id)))) {
            throw new ErrnoException(about("make", kind, id), Errno.EEXIST);
        }
        Syscalls.check(about("choose the number of", kind, id), inside(() -> choose(kind, id)));
        SystemV creator = new SystemV(process, status.creator(), status.creatorGroup());
        long size = kind == Kind.QUEUE ? 0 : status.size();
        int flags = IPC_CREAT | IPC_EXCL | 0600;
        long made = creator.inside(() -> check(
                "make",
                kind,
                id,
                kind == Kind.QUEUE
                        ? Syscalls.call(kind.get, status.key(), flags)
                        : Syscalls.call(kind.get, status.key(), size, flags)));
        if (made != id) {
            remove(kind, (int) made);
            throw new ErrnoException(about("make", kind, id), Errno.EEXIST);
        }
    }

    private static long stat(Kind kind, int id) {
        try (Arena arena = Arena.ofConfined()) {
            return kind.control(id, IPC_STAT, arena.allocate(STRUCT_BYTES, 8).address());
        }
    }

    /** The next object gets this number, when it is free. */
    private static long choose(Kind kind, int id) {
        int file = Descriptors.open("/proc/sys/kernel/" + kind.prefix + "_next_id", Descriptors.O_WRONLY);
        try (Arena arena = Arena.ofConfined()) {
            String text = Integer.toString(id);
            return Descriptors.write(file, Syscalls.text(arena, text), text.length());
        } finally {
            Descriptors.close(file);
        }
    }

    /** Sets owner, permissions, and what a queue may hold. */
    public void set(Kind kind, int id, Status status) {
        inside(() -> {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment it = arena.allocate(STRUCT_BYTES, 8);
                it.set(JAVA_INT, 4, status.uid());
                it.set(JAVA_INT, 8, status.gid());
                it.set(JAVA_INT, 20, status.mode());
                if (kind == Kind.QUEUE) {
                    it.set(JAVA_LONG, kind.size, status.size());
                }
                return check("set the owner of", kind, id, kind.control(id, IPC_SET, it.address()));
            }
        });
    }

    /** Removes an object. */
    public void remove(Kind kind, int id) {
        inside(() -> check("remove", kind, id, kind.control(id, IPC_RMID, 0)));
    }

    private static long check(String verb, Kind kind, int id, long result) {
        return Syscalls.check(about(verb, kind, id), result);
    }

    private static String about(String verb, Kind kind, int id) {
        return verb + " " + kind.text + " " + id;
    }

    private <T> T inside(Callable<T> action) {
        return OwnThread.call("use System V objects", () -> {
            int space = Descriptors.open("/proc/" + process + "/ns/ipc", Descriptors.O_RDONLY);
            try {
                Syscalls.check("enter the IPC name space of " + process, Syscalls.call(Nr.SETNS, space, CLONE_NEWIPC));
            } finally {
                Descriptors.close(space);
            }
            if (uid != 0) {
                Syscalls.check("setgroups", Syscalls.call(Nr.SETGROUPS, 0, 0));
                Syscalls.check("setresgid", Syscalls.call(Nr.SETRESGID, gid, gid, gid));
                Syscalls.check("setresuid", Syscalls.call(Nr.SETRESUID, uid, uid, uid));
            }
            return action.call();
        });
    }
}
