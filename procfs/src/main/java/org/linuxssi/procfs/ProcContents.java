package org.linuxssi.procfs;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntPredicate;
import org.linuxssi.linux.DirectoryFd;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.FuseHeader;
import org.linuxssi.procfs.ProcNode.Kind;
import org.linuxssi.procfs.ProcServices.Action;
import org.linuxssi.procfs.ProcServices.Question;
import org.linuxssi.tools.NodeId;

/** Contents of the files of {@code /proc} and texts of its links. */
final class ProcContents {

    /** How old the files of other nodes' processes may be, in nanoseconds. */
    private static final long FILE_AGE = 500_000_000L;

    private final ProcProvider local;
    private final RemoteNodes remote;
    private final ClusterView view;
    private final ProcExtensions extensions;
    private final OwnDirectories own;
    private final String hidden;
    private final IntPredicate seesLocalStat;

    ProcContents(
            ProcProvider local,
            RemoteNodes remote,
            ClusterView view,
            ProcExtensions extensions,
            OwnDirectories own,
            ProcFsOptions options) {
        this.local = local;
        this.remote = remote;
        this.view = view;
        this.extensions = extensions;
        this.own = own;
        this.hidden = options.hidden();
        this.seesLocalStat = options.seesLocalStat();
    }

    /** Tells whether the contents are here already. */
    boolean isQuick(ProcNode node) {
        return switch (node.kind()) {
            case OWN -> true;
            case PID_ITEM ->
                node.item() < 4 && remote.known(node.pid(), FILE_AGE).isPresent();
            default -> false;
        };
    }

    /** Returns the contents for one open of the file. */
    byte[] read(FuseHeader caller, ProcNode node) {
        return switch (node.kind()) {
            case AGGREGATE -> aggregate(caller, file(node.item()));
            case NODES -> nodeFile(node);
            case PID_ITEM -> processFile(caller, node);
            case TASK_ITEM, LISTED -> remoteFile(caller, node);
            case EXTENSION -> extension(node).read(caller.uid());
            case OWN -> own.read(caller, node);
            default -> throw new ErrnoException("read " + node, Errno.EINVAL);
        };
    }

    private static NodeFile file(int code) {
        return NodeFile.ofCode(code)
                .orElseThrow(() -> new ErrnoException("find file " + code + " of a node", Errno.ESTALE));
    }

    private byte[] aggregate(FuseHeader caller, NodeFile file) {
        byte[] here = local.nodeFile(file.fileName())
                .checked("read " + file.fileName())
                .data();
        if (seesLocalStat.test(caller.pid())) {
            return here;
        }
        Map<NodeId, byte[]> files = remote.files(file);
        files.put(view.self(), here);
        List<byte[]> ordered = new ArrayList<>();
        files.keySet().stream()
                .sorted()
                .forEach(
                        node -> ordered.add(Optional.ofNullable(files.get(node)).orElse(here)));
        return NodeSums.sum(file, here, ordered);
    }

    private byte[] nodeFile(ProcNode node) {
        NodeFile file = file(node.item() - 1);
        return remote.file(NodeId.of(node.sub() - 1), file)
                .orElseThrow(() -> new ErrnoException("read " + file.fileName(), Errno.EIO));
    }

    private byte[] processFile(FuseHeader caller, ProcNode node) {
        String name = ProcTree.item(node).name();
        if (node.item() >= 4) {
            return remoteFile(caller, node);
        }
        RemoteProcess process = remote.find(node.pid(), FILE_AGE)
                .orElseThrow(() -> new ErrnoException("read " + name + " of " + node.pid(), Errno.ESRCH));
        return name.equals("stat")
                ? process.stat(caller.uid())
                : process.entry().file(name).orElseThrow();
    }

    private byte[] remoteFile(FuseHeader caller, ProcNode node) {
        String path = ProcTree.path(node);
        Question question = Question.of(Action.READ, node.pid(), path, caller.uid());
        byte[] data = remote.ask(question).data();
        boolean stat = node.kind() == Kind.TASK_ITEM && path.endsWith("/stat");
        return stat ? convert(caller, node, data) : data;
    }

    private byte[] convert(FuseHeader caller, ProcNode node, byte[] stat) {
        return remote.find(node.pid(), ProcTree.ATTR_AGE)
                .map(process -> StatLine.convert(
                        stat,
                        process.node(),
                        process.startShift(),
                        caller.uid() == 0 || caller.uid() == process.entry().uid()))
                .orElse(stat);
    }

    private SyntheticFile extension(ProcNode node) {
        return extensions
                .path(node)
                .flatMap(extensions::file)
                .orElseThrow(() -> new ErrnoException("find the extension " + node, Errno.ENOENT));
    }

    /** Takes one write. */
    void write(FuseHeader caller, ProcNode node, byte[] bytes) {
        switch (node.kind()) {
            case EXTENSION -> extension(node).write(caller.uid(), bytes);
            case PID_ITEM, TASK_ITEM ->
                remote.ask(new Question(Action.WRITE, node.pid(), ProcTree.path(node), caller.uid(), bytes));
            default -> throw new ErrnoException("write " + node, Errno.EACCES);
        }
    }

    /** Returns the text of a symbolic link. */
    String link(FuseHeader caller, ProcNode node) {
        return switch (node.kind()) {
            case SELF -> Integer.toString(node.pid());
            case THREAD_SELF -> node.pid() + "/task/" + node.sub();
            case LOCAL_PID -> hidden + "/" + node.pid();
            case STATIC -> staticLink(node);
            case NODES_SELF -> "node" + view.self();
            case OWN -> own.link(caller, node);
            case PID_ITEM, TASK_ITEM, LISTED ->
                new String(
                        remote.ask(Question.of(Action.LINK, node.pid(), ProcTree.path(node), caller.uid()))
                                .data(),
                        StandardCharsets.ISO_8859_1);
            default -> throw new ErrnoException("read the link " + node, Errno.EINVAL);
        };
    }

    /** Links of the real procfs stay as they are ({@code mounts} is {@code self/mounts}); all else leads into it. */
    private String staticLink(ProcNode node) {
        DirectoryFd proc = local.proc();
        for (DirectoryFd.Entry entry : proc.list(".")) {
            if (ProcNode.named(Kind.STATIC, entry.name()).equals(node)) {
                boolean link = entry.type() == 10;
                return link ? proc.readLink(entry.name()) : hidden + "/" + entry.name();
            }
        }
        throw new ErrnoException("find a name of /proc", Errno.ENOENT);
    }
}
