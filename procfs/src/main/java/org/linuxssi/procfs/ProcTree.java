package org.linuxssi.procfs;

import static org.linuxssi.linux.FuseAttr.DIRECTORY;
import static org.linuxssi.linux.FuseAttr.REGULAR;
import static org.linuxssi.linux.FuseAttr.SYMLINK;

import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.linuxssi.linux.DirectoryFd;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.FuseAttr;
import org.linuxssi.linux.FuseEntry;
import org.linuxssi.linux.FuseHeader;
import org.linuxssi.linux.FuseTime;
import org.linuxssi.procfs.ProcNode.Kind;
import org.linuxssi.procfs.ProcServices.Action;
import org.linuxssi.procfs.ProcServices.Listed;
import org.linuxssi.procfs.ProcServices.Question;
import org.linuxssi.tools.NodeId;

/** Names and attributes of {@code /proc}: which node has which children. */
final class ProcTree {

    /** How old a listing of other nodes' processes may be, in nanoseconds. */
    static final long LIST_AGE = 100_000_000L;

    /** How old the attributes of a process may be. */
    static final long ATTR_AGE = 1_000_000_000L;

    private static final long SECOND = 1_000_000_000L;
    private static final long FOREVER = 3600 * SECOND;
    private static final List<String> NAMESPACES = List.of(
            "cgroup", "ipc", "mnt", "net", "pid", "pid_for_children", "time", "time_for_children", "user", "uts");

    private final ProcProvider local;
    private final OwnDirectories own;
    private final RemoteNodes remote;
    private final ClusterView view;
    private final ProcExtensions extensions;
    private final String hidden;
    private final FuseTime started;
    private final AtomicInteger links = new AtomicInteger();

    ProcTree(
            ProcProvider local,
            RemoteNodes remote,
            ClusterView view,
            ProcExtensions extensions,
            String hidden,
            FuseTime started) {
        this.local = local;
        own = new OwnDirectories(local, hidden);
        this.remote = remote;
        this.view = view;
        this.extensions = extensions;
        this.hidden = hidden;
        this.started = started;
    }

    /** Tells whether a lookup is answered without other nodes. */
    boolean isQuickLookup(ProcNode parent, String name) {
        return switch (parent.kind()) {
            case ROOT -> {
                int pid = ProcNames.pid(name);
                yield pid == 0 || local.processes().isHere(pid);
            }
            default -> isQuick(parent);
        };
    }

    /** Tells whether attributes are answered without other nodes. */
    boolean isQuick(ProcNode node) {
        return node.pid() == 0
                || node.kind().isOwn()
                || (node.kind() != Kind.LISTED
                        && remote.known(node.pid(), ATTR_AGE).isPresent());
    }

    FuseEntry lookup(FuseHeader caller, ProcNode parent, String name) {
        return switch (parent.kind()) {
            case ROOT -> inRoot(caller, name);
            case PID_DIR -> inProcess(parent, name, false);
            case TASK_DIR -> inProcess(parent, name, true);
            case PID_ITEM -> listed(parent, name);
            case NODES -> inNodes(parent, name);
            case OWN -> inOwn(parent, name);
            case EXTENSION -> extension(extensions.path(parent).map(path -> path + "/" + name));
            default -> throw missing(name);
        };
    }

    private static ErrnoException missing(String name) {
        return new ErrnoException("find " + name + " in /proc", Errno.ENOENT);
    }

    private FuseEntry inRoot(FuseHeader caller, String name) {
        int pid = ProcNames.pid(name);
        if (pid > 0) {
            return local.processes().isHere(pid) ? localProcess(pid) : remoteProcess(pid);
        }
        Optional<NodeFile> file = NodeFile.find(name).filter(NodeFile::isSummed);
        if (file.isPresent()) {
            return entry(ProcNode.of(Kind.AGGREGATE, 0, 0, file.get().code()), FOREVER);
        }
        return switch (name) {
            case "self" -> entry(ProcNode.of(Kind.SELF, leader(caller), 0, 0), 0);
            case "thread-self" -> entry(ProcNode.of(Kind.THREAD_SELF, leader(caller), caller.pid(), 0), 0);
            case "nodes" -> entry(ProcNode.of(Kind.NODES, 0, 0, 0), FOREVER);
            default -> otherInRoot(name);
        };
    }

    private FuseEntry otherInRoot(String name) {
        if (name.equals(hidden)) {
            return entry(ProcNode.of(Kind.HIDDEN, 0, 0, 0), FOREVER);
        }
        if (name.equals(ProcFsOptions.COVERED)) {
            return entry(ProcNode.of(Kind.HIDDEN, 0, 1, 0), FOREVER);
        }
        if (extensions.isDirectory(name)) {
            return extension(Optional.of(name));
        }
        if (!local.proc().exists(name)) {
            throw missing(name);
        }
        return entry(ProcNode.named(Kind.STATIC, name), FOREVER);
    }

    private int leader(FuseHeader caller) {
        if (caller.pid() == 0) {
            throw missing("self");
        }
        return ProcNames.leader(local.proc(), caller.pid());
    }

    private FuseEntry localProcess(int pid) {
        boolean moved = local.processes().timeShift(pid).isPresent();
        return entry(moved ? OwnDirectories.of(pid) : ProcNode.of(Kind.LOCAL_PID, pid, 0, 0), SECOND);
    }

    private FuseEntry inOwn(ProcNode parent, String name) {
        ProcNode node = own.find(parent, name).orElseThrow(() -> missing(name));
        return OwnDirectories.isPath(node) ? link(node) : entry(node, 10 * SECOND);
    }

    private FuseEntry remoteProcess(int pid) {
        RemoteProcess process = remote.find(pid, LIST_AGE).orElseThrow(() -> missing(Integer.toString(pid)));
        return remoteProcess(process);
    }

    private FuseEntry remoteProcess(RemoteProcess process) {
        ProcNode node = ProcNode.of(Kind.PID_DIR, process.entry().pid(), 0, 0);
        return new FuseEntry(node.id(), 0, SECOND, attrValid(node), attr(node, DIRECTORY | 0555, process.entry()));
    }

    private FuseEntry inProcess(ProcNode parent, String name, boolean task) {
        PidItem item = PidItem.find(name, task).orElseThrow(() -> missing(name));
        Kind kind = task ? Kind.TASK_ITEM : Kind.PID_ITEM;
        ProcNode node = ProcNode.of(kind, parent.pid(), parent.sub(), item.index());
        return item.type() == SYMLINK ? link(node) : entry(node, 10 * SECOND);
    }

    private FuseEntry listed(ProcNode parent, String name) {
        String directory = item(parent).name();
        if (directory.equals("task")) {
            int thread = ProcNames.pid(name);
            if (thread == 0
                    || names(parent, 0).stream().noneMatch(each -> each.name().equals(name))) {
                throw missing(name);
            }
            return entry(ProcNode.of(Kind.TASK_DIR, parent.pid(), thread, 0), SECOND);
        }
        int number = directory.equals("ns") ? NAMESPACES.indexOf(name) : name.equals("0") ? 0 : ProcNames.pid(name);
        if (number < 0 || (number == 0 && !name.equals("0") && !directory.equals("ns"))) {
            throw missing(name);
        }
        ProcNode node = ProcNode.of(Kind.LISTED, parent.pid(), number, parent.item());
        return directory.equals("fdinfo") ? entry(node, SECOND) : link(node);
    }

    /**
     * The kernel keeps the texts of links by their node ids. Those of processes change and not everybody may see them:
     * each lookup gets an id of its own, which nobody reuses before it is forgotten.
     */
    private FuseEntry link(ProcNode node) {
        int use = links.incrementAndGet() & 0xff;
        return entry(new ProcNode(node.kind(), use, node.pid(), node.sub(), node.item()), 0);
    }

    /** Returns the names of a listed directory of a process; the kernel has checked the permission to list. */
    private List<Listed> names(ProcNode directory, int uid) {
        return remote.ask(Question.of(
                        Action.LIST, directory.pid(), item(directory).name(), uid))
                .names();
    }

    private FuseEntry inNodes(ProcNode parent, String name) {
        if (parent.sub() == 0) {
            return name.equals("self") ? entry(ProcNode.of(Kind.NODES_SELF, 0, 0, 0), FOREVER) : nodeDirectory(name);
        }
        NodeFile file = NodeFile.find(name).orElseThrow(() -> missing(name));
        return entry(ProcNode.of(Kind.NODES, 0, parent.sub(), file.code() + 1), 2 * SECOND);
    }

    private FuseEntry nodeDirectory(String name) {
        for (NodeId node : view.online()) {
            if (name.equals("node" + node)) {
                return entry(ProcNode.of(Kind.NODES, 0, node.value() + 1, 0), 2 * SECOND);
            }
        }
        throw missing(name);
    }

    private FuseEntry extension(Optional<String> path) {
        String found = path.filter(each ->
                        extensions.isDirectory(each) || extensions.file(each).isPresent())
                .orElseThrow(() -> missing(path.orElse("an extension")));
        return entry(ProcNode.named(Kind.EXTENSION, found), SECOND);
    }

    private FuseEntry entry(ProcNode node, long valid) {
        FuseAttr attr = attr(node);
        return new FuseEntry(node.id(), 0, valid, attrValid(node), attr);
    }

    /**
     * Returns for how many nanoseconds the kernel may keep the attributes. The owner of a process rarely changes, and
     * what only the owner may see is checked on the process's own node each time.
     */
    long attrValid(ProcNode node) {
        if (node.kind() == Kind.OWN) {
            return 0;
        }
        return node.pid() != 0 && !node.kind().isOwn() ? 5 * SECOND : FOREVER;
    }

    FuseAttr attr(ProcNode node) {
        return switch (node.kind()) {
            case ROOT, HIDDEN -> attr(node, DIRECTORY | 0555);
            case STATIC, SELF, THREAD_SELF, LOCAL_PID, NODES_SELF -> attr(node, SYMLINK | 0777);
            case AGGREGATE -> attr(node, REGULAR | 0444);
            case NODES -> attr(node, node.item() == 0 ? DIRECTORY | 0555 : REGULAR | 0444);
            case EXTENSION -> attr(node, extensionMode(node));
            case PID_DIR, TASK_DIR -> attr(node, DIRECTORY | 0555, process(node));
            case PID_ITEM, TASK_ITEM -> attr(node, item(node).mode(), process(node));
            case LISTED -> attr(node, listedMode(node), process(node));
            case OWN -> ownAttr(node);
        };
    }

    private FuseAttr ownAttr(ProcNode node) {
        DirectoryFd.Status owner = own.owner(node);
        return withOneLink(FuseAttr.of(node.id(), OwnDirectories.mode(node), 0, owner.uid(), owner.gid(), started));
    }

    private int extensionMode(ProcNode node) {
        String path = extensions.path(node).orElseThrow(() -> missing("an extension"));
        return extensions.file(path).map(file -> REGULAR | file.permissions()).orElse(DIRECTORY | 0555);
    }

    private int listedMode(ProcNode node) {
        return item(node).name().equals("fdinfo") ? REGULAR | 0444 : SYMLINK | 0777;
    }

    private ProcessEntry process(ProcNode node) {
        return remote.find(node.pid(), ATTR_AGE)
                .orElseThrow(() -> missing(Integer.toString(node.pid())))
                .entry();
    }

    private FuseAttr attr(ProcNode node, int mode) {
        return withOneLink(FuseAttr.of(node.id(), mode, 0, 0, 0, started));
    }

    private FuseAttr attr(ProcNode node, int mode, ProcessEntry owner) {
        return withOneLink(FuseAttr.of(node.id(), mode, 0, owner.uid(), owner.gid(), started));
    }

    /** One link means that the number of subdirectories is not known. */
    private static FuseAttr withOneLink(FuseAttr a) {
        return new FuseAttr(a.ino(), 0, 0, a.atime(), a.mtime(), a.ctime(), a.mode(), 1, a.uid(), a.gid(), 0, 1024);
    }

    static PidItem item(ProcNode node) {
        if (node.item() >= PidItem.ALL.size()) {
            throw new ErrnoException("find node " + node + " of /proc", Errno.ESTALE);
        }
        return PidItem.ALL.get(node.item());
    }

    /** Returns the path of a node below the directory of its process. */
    static String path(ProcNode node) {
        String name = item(node).name();
        return switch (node.kind()) {
            case TASK_ITEM -> "task/" + node.sub() + "/" + name;
            case LISTED -> name + "/" + (name.equals("ns") ? NAMESPACES.get(node.sub()) : node.sub());
            default -> name;
        };
    }

    OwnDirectories own() {
        return own;
    }

    /** Returns the names of a directory as the caller sees them. */
    ProcListing list(ProcNode node, int uid) {
        ProcListing out = new ProcListing();
        switch (node.kind()) {
            case ROOT -> listRoot(out);
            case NODES -> listNodes(node, out);
            case PID_DIR -> listItems(node, out, false);
            case TASK_DIR -> listItems(node, out, true);
            case PID_ITEM -> names(node, uid).forEach(name -> out.add(name.name(), name.type() << 12, node.id()));
            case EXTENSION -> listExtension(node, out);
            case OWN -> own.list(node, out);
            default -> {}
        }
        return out;
    }

    private void listRoot(ProcListing out) {
        for (DirectoryFd.Entry entry : local.proc().list(".")) {
            if (ProcNames.pid(entry.name()) == 0) {
                out.add(entry.name(), rootType(entry.name()), 2);
            }
        }
        out.add("nodes", entry(ProcNode.of(Kind.NODES, 0, 0, 0), FOREVER));
        if (!extensions.names("kerrighed").isEmpty()) {
            out.add("kerrighed", DIRECTORY, 2);
        }
        SortedMap<Integer, FuseEntry> processes = new TreeMap<>();
        remote.all(LIST_AGE).forEach((pid, process) -> processes.put(pid, remoteProcess(process)));
        for (int pid : local.processes().pids()) {
            processes.put(pid, localProcess(pid));
        }
        processes.forEach(out::addProcess);
    }

    private static int rootType(String name) {
        if (name.equals(ProcFsOptions.COVERED)) {
            return DIRECTORY;
        }
        return NodeFile.find(name).filter(NodeFile::isSummed).isPresent() ? REGULAR : SYMLINK;
    }

    private void listNodes(ProcNode node, ProcListing out) {
        if (node.sub() != 0) {
            for (NodeFile file : NodeFile.values()) {
                out.add(file.fileName(), REGULAR, node.id());
            }
            return;
        }
        view.online().forEach(each -> out.add("node" + each, DIRECTORY, node.id()));
        out.add("self", SYMLINK, node.id());
    }

    private static void listItems(ProcNode node, ProcListing out, boolean task) {
        PidItem.ALL.stream()
                .filter(item -> item.isIn(task))
                .forEach(item -> out.add(item.name(), item.type(), node.id()));
    }

    private void listExtension(ProcNode node, ProcListing out) {
        String path = extensions.path(node).orElseThrow(() -> missing("an extension"));
        for (String name : extensions.names(path)) {
            out.add(name, extensions.isDirectory(path + "/" + name) ? DIRECTORY : REGULAR, node.id());
        }
    }
}
