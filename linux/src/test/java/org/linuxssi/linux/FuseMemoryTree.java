package org.linuxssi.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** A small file system in memory: enough for the usual tools. */
class FuseMemoryTree implements FuseFileSystem {

    private static final long SECOND = 1_000_000_000L;

    /** A file, directory or link. */
    private static final class Node {
        final long id;
        int mode;
        int uid;
        int gid;
        FuseTime time = new FuseTime(1_700_000_000, 5);
        byte[] data = {};
        final NavigableMap<String, Node> children = new TreeMap<>();
        final Map<String, byte[]> attributes = new TreeMap<>();

        Node(long id, int mode, int uid, int gid) {
            this.id = id;
            this.mode = mode;
            this.uid = uid;
            this.gid = gid;
        }
    }

    /** Completed with the calling thread's number when somebody reads the file {@code blocked}. */
    final CompletableFuture<Integer> blockedReader = new CompletableFuture<>();

    final AtomicInteger interrupts = new AtomicInteger();

    private final Map<Long, Node> nodes = new TreeMap<>();
    private long lastId = FuseAbi.ROOT;

    private final boolean answersBlocked;

    FuseMemoryTree() {
        this(false);
    }

    /** Makes a tree that answers readers of the file {@code blocked}, or leaves them waiting. */
    FuseMemoryTree(boolean answersBlocked) {
        this.answersBlocked = answersBlocked;
        Node root = new Node(FuseAbi.ROOT, FuseAttr.DIRECTORY | 0755, 0, 0);
        nodes.put(FuseAbi.ROOT, root);
        Node blocked = new Node(++lastId, FuseAttr.REGULAR | 0644, 0, 0);
        blocked.data = "answer\n".getBytes(StandardCharsets.US_ASCII);
        nodes.put(blocked.id, blocked);
        root.children.put("blocked", blocked);
    }

    private Node node(long id) {
        Node node = nodes.get(id);
        if (node == null) {
            throw new ErrnoException("node " + id, Errno.ESTALE);
        }
        return node;
    }

    private Node child(FuseHeader header, String name) {
        Node child = node(header.nodeId()).children.get(name);
        if (child == null) {
            throw new ErrnoException("find " + name, Errno.ENOENT);
        }
        return child;
    }

    private Node make(FuseHeader header, String name, int mode) {
        Node directory = node(header.nodeId());
        if (directory.children.containsKey(name)) {
            throw new ErrnoException("make " + name, Errno.EEXIST);
        }
        Node node = new Node(++lastId, mode, header.uid(), header.gid());
        nodes.put(node.id, node);
        directory.children.put(name, node);
        return node;
    }

    private boolean isBlocked(FuseHeader header) {
        return node(header.nodeId()) == node(FuseAbi.ROOT).children.get("blocked");
    }

    private static FuseAttr attr(Node node) {
        return FuseAttr.of(node.id, node.mode, node.data.length, node.uid, node.gid, node.time);
    }

    private static FuseEntry entry(Node node) {
        return new FuseEntry(node.id, 0, SECOND, SECOND, attr(node));
    }

    @Override
    public synchronized void handle(FuseRequest request, FuseReply reply) {
        FuseHeader header = request.header();
        switch (request) {
            case FuseRequest.Lookup lookup -> reply.entry(entry(child(header, lookup.name())));
            case FuseRequest.Forget _ -> {}
            case FuseRequest.GetAttr _ -> reply.attr(attr(node(header.nodeId())), SECOND);
            case FuseRequest.SetAttr change -> reply.attr(change(change), SECOND);
            case FuseRequest.ReadLink _ -> reply.data(node(header.nodeId()).data);
            case FuseRequest.Symlink link -> {
                Node node = make(header, link.name(), FuseAttr.SYMLINK | 0777);
                node.data = link.text().getBytes(StandardCharsets.ISO_8859_1);
                reply.entry(entry(node));
            }
            case FuseRequest.MkDir make ->
                reply.entry(entry(make(header, make.name(), FuseAttr.DIRECTORY | make.mode())));
            case FuseRequest.MkNod make -> reply.entry(entry(make(header, make.name(), make.mode())));
            case FuseRequest.Unlink unlink -> remove(header, unlink.name(), reply);
            case FuseRequest.RmDir remove -> remove(header, remove.name(), reply);
            case FuseRequest.Rename rename -> {
                Node moved = child(header, rename.name());
                node(header.nodeId()).children.remove(rename.name());
                node(rename.newParent()).children.put(rename.newName(), moved);
                reply.ok();
            }
            case FuseRequest.Open _ -> reply.opened(header.nodeId(), isBlocked(header) ? FuseAbi.FOPEN_DIRECT_IO : 0);
            case FuseRequest.OpenDir _ -> reply.opened(header.nodeId(), 0);
            case FuseRequest.Create create ->
                reply.created(entry(make(header, create.name(), FuseAttr.REGULAR | create.mode())), lastId, 0, 0);
            case FuseRequest.Read read -> read(read, reply);
            case FuseRequest.Write write -> reply.written(write(write));
            case FuseRequest.ReadDir read -> reply.directory(list(read));
            case FuseRequest.Release _ -> reply.ok();
            case FuseRequest.ReleaseDir _ -> reply.ok();
            case FuseRequest.Flush _ -> reply.ok();
            case FuseRequest.Fsync _ -> reply.ok();
            case FuseRequest.StatFs _ -> reply.statFs(new FuseStatFs(1000, 900, 900, 100, 90, 4096, 255));
            case FuseRequest.SetXattr set -> {
                node(header.nodeId()).attributes.put(set.name(), set.value().toArray(JAVA_BYTE));
                reply.ok();
            }
            case FuseRequest.GetXattr get -> getXattr(get, reply);
            default -> reply.error(Errno.ENOSYS);
        }
    }

    private void getXattr(FuseRequest.GetXattr get, FuseReply reply) {
        byte[] value = node(get.header().nodeId()).attributes.get(get.name());
        if (value == null) {
            reply.error(Errno.ENODATA);
        } else if (get.size() == 0) {
            reply.xattrSize(value.length);
        } else {
            reply.data(value);
        }
    }

    private void remove(FuseHeader header, String name, FuseReply reply) {
        Node child = child(header, name);
        if (!child.children.isEmpty()) {
            reply.error(Errno.ENOTEMPTY);
            return;
        }
        node(header.nodeId()).children.remove(name);
        reply.ok();
    }

    private FuseAttr change(FuseRequest.SetAttr change) {
        Node node = node(change.header().nodeId());
        if ((change.valid() & FuseAbi.FATTR_MODE) != 0) {
            node.mode = change.mode();
        }
        if ((change.valid() & FuseAbi.FATTR_UID) != 0) {
            node.uid = change.uid();
        }
        if ((change.valid() & FuseAbi.FATTR_SIZE) != 0) {
            node.data = Arrays.copyOf(node.data, (int) change.size());
        }
        if ((change.valid() & FuseAbi.FATTR_MTIME) != 0) {
            node.time = change.mtime();
        }
        return attr(node);
    }

    private void read(FuseRequest.Read read, FuseReply reply) {
        Node node = node(read.header().nodeId());
        if (isBlocked(read.header()) && !answersBlocked) {
            reply.onInterrupt(() -> {
                interrupts.incrementAndGet();
                reply.error(Errno.EINTR);
            });
            blockedReader.complete(read.header().pid());
            return;
        }
        reply.slice(node.data, read.offset(), read.size());
    }

    private long write(FuseRequest.Write write) {
        Node node = node(write.header().nodeId());
        int end = (int) (write.offset() + write.data().byteSize());
        if (end > node.data.length) {
            node.data = Arrays.copyOf(node.data, end);
        }
        MemorySegment.copy(
                write.data(),
                0,
                MemorySegment.ofArray(node.data),
                write.offset(),
                write.data().byteSize());
        return write.data().byteSize();
    }

    private FuseDirectory list(FuseRequest.ReadDir read) {
        FuseDirectory out = FuseDirectory.of(read);
        int position = 0;
        for (Map.Entry<String, Node> child :
                node(read.header().nodeId()).children.entrySet()) {
            position++;
            if (position > read.offset() && !out.add(child.getKey(), entry(child.getValue()), position)) {
                break;
            }
        }
        return out;
    }
}
