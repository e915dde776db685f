package org.linuxssi.checkpoint;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.linuxssi.ghost.SharedMemory;
import org.linuxssi.linux.DescriptorChannel;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.SystemV;
import org.linuxssi.linux.SystemV.Kind;
import org.linuxssi.linux.SystemV.Status;

/**
 * Saves the message queues, semaphores and shared memory of System V in the container of this node, and makes them again with
 * the numbers and keys that they had. They belong to no application: who saves one names them.
 */
public final class IpcObjects {

    private static final int MOST = 1 << 30;

    private final int init;

    /**
     * Those of a container.
     *
     * @param init its first process, in our pid name space
     */
    public IpcObjects(int init) {
        this.init = init;
    }

    /**
     * Saves an object with the rights of a user, who has to be allowed to read it.
     *
     * @param file an empty file, which is synchronized with its device at the end
     * @throws CheckpointException EINVAL when there is none, EACCES when the user may not read it, EIO and ENOSPC when it
     *     cannot be written
     */
    public void save(Kind kind, int id, int uid, int gid, DescriptorChannel file) throws CheckpointException {
        SystemV objects = new SystemV(init, uid, gid);
        try {
            Status status = objects.status(kind, id);
            if (status.destroyed()) {
                throw new CheckpointException(
                        Errno.EIDRM,
                        kind.text() + " " + id
                                + " was removed, and is saved with the application that has it attached");
            }
            IpcObject object = new IpcObject(
                    kind,
                    id,
                    status,
                    kind == Kind.SEMAPHORES ? objects.values(id, Math.toIntExact(status.size())) : List.of(),
                    kind == Kind.QUEUE ? objects.messages(id) : List.of());
            CheckedFile.write(file, IpcObject.CODEC, object);
            if (kind == Kind.MEMORY) {
                int memory = objects.open(id, false);
                try {
                    SharedMemory.save(memory, file);
                } finally {
                    Descriptors.close(memory);
                }
            }
            file.force();
        } catch (IOException problem) {
            throw new CheckpointException(Errno.EIO, kind.text() + " " + id + " is not saved: " + problem.getMessage());
        } catch (ErrnoException problem) {
            throw new CheckpointException(
                    problem.errno(), kind.text() + " " + id + " is not saved: " + problem.getMessage());
        }
    }

    /**
     * Makes an object as it was when it was saved; when that fails it is not there.
     *
     * @param uid root, or the user who made the object and owns it
     * @throws CheckpointException EINVAL for an object of another kind, EPERM for another user's, EEXIST when its number or
     *     key is in use, EIO for a damaged file
     */
    public void restore(Kind kind, int uid, DescriptorChannel file) throws CheckpointException {
        try {
            IpcObject object = CheckedFile.read(file, "the file", IpcObject.CODEC, MOST);
            check(object, kind, uid);
            make(object, file);
        } catch (IOException problem) {
            throw new CheckpointException(Errno.EIO, kind.text() + " is not there again: " + problem.getMessage());
        } catch (ErrnoException problem) {
            throw new CheckpointException(
                    problem.errno(), kind.text() + " is not there again: " + problem.getMessage());
        }
    }

    private void check(IpcObject object, Kind kind, int uid) throws CheckpointException {
        if (object.kind() != kind) {
            throw new CheckpointException(
                    Errno.EINVAL, "the file holds " + object.kind().text() + ", not " + kind.text());
        }
        Status status = object.status();
        if (kind == Kind.SEMAPHORES && status.size() != object.values().size()) {
            throw new CheckpointException(
                    Errno.EIO,
                    "the file is damaged: it has " + object.values().size() + " values for " + status.size()
                            + " semaphores");
        }
        if (uid != 0 && (uid != status.uid() || uid != status.creator())) {
            throw new CheckpointException(
                    Errno.EPERM,
                    kind.text() + " " + object.id() + " belongs to user " + status.uid() + " and was made by user "
                            + status.creator() + ": only root may make it again");
        }
        Optional<Integer> same = status.key() == 0 ? Optional.empty() : new SystemV(init).find(kind, status.key());
        if (same.isPresent()) {
            throw new CheckpointException(
                    Errno.EEXIST,
                    "key 0x" + Integer.toHexString(status.key()) + " is that of " + kind.text() + " " + same.get()
                            + ": remove it with ipcrm first");
        }
    }

    private void make(IpcObject object, DescriptorChannel file) throws IOException {
        SystemV objects = new SystemV(init);
        objects.create(object.kind(), object.id(), object.status());
        boolean complete = false;
        try {
            objects.set(object.kind(), object.id(), object.status());
            fill(objects, object, file);
            complete = true;
        } finally {
            if (!complete) {
                objects.remove(object.kind(), object.id());
            }
        }
    }

    private static void fill(SystemV objects, IpcObject object, DescriptorChannel file) throws IOException {
        switch (object.kind()) {
            case SEMAPHORES -> objects.values(object.id(), object.values());
            case QUEUE -> objects.send(object.id(), object.messages());
            case MEMORY -> {
                int memory = objects.open(object.id(), true);
                try {
                    SharedMemory.restore(memory, file);
                } finally {
                    Descriptors.close(memory);
                }
            }
        }
    }
}
