package org.linuxssi.procfs;

import static org.linuxssi.linux.FuseAttr.DIRECTORY;
import static org.linuxssi.linux.FuseAttr.REGULAR;
import static org.linuxssi.linux.FuseAttr.SYMLINK;

import java.util.Optional;
import java.util.stream.Stream;
import org.linuxssi.linux.DirectoryFd;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.FuseHeader;
import org.linuxssi.procfs.ProcNode.Kind;

/**
 * Directories of processes of this node that came from another one: {@code stat} has the times of the whole life, all
 * other names are links to those of the real procfs. The links {@code cwd}, {@code root} and {@code exe} have the text
 * that the real ones have, since programs read it.
 */
final class OwnDirectories {

    private static final String STAT = "stat";
    private static final int NAME = 1;
    private static final int HASH_MASK = (1 << 22) - 1;

    private final ProcProvider local;
    private final String hidden;

    /**
     * Shows processes.
     *
     * @param hidden name of the directory on which the real procfs is mounted
     */
    OwnDirectories(ProcProvider local, String hidden) {
        this.local = local;
        this.hidden = hidden;
    }

    /** Returns the directory of a process. */
    static ProcNode of(int pid) {
        return ProcNode.of(Kind.OWN, pid, 0, 0);
    }

    private static ProcNode name(int pid, String name) {
        return ProcNode.of(Kind.OWN, pid, name.hashCode() & HASH_MASK, NAME);
    }

    /** Finds a name in a directory. */
    Optional<ProcNode> find(ProcNode directory, String name) {
        int pid = directory.pid();
        boolean exists = directory.item() != NAME && local.proc().exists(pid + "/" + name);
        return exists ? Optional.of(name(pid, name)) : Optional.empty();
    }

    private static boolean isStat(ProcNode node) {
        return is(node, STAT);
    }

    /** Tells whether it is a link with the path of a file, which changes. */
    static boolean isPath(ProcNode node) {
        return Stream.of("cwd", "root", "exe").anyMatch(name -> is(node, name));
    }

    private static boolean is(ProcNode node, String name) {
        return node.item() == NAME && node.sub() == name(node.pid(), name).sub();
    }

    static int mode(ProcNode node) {
        if (node.item() != NAME) {
            return DIRECTORY | 0555;
        }
        return isStat(node) ? REGULAR | 0444 : SYMLINK | 0777;
    }

    DirectoryFd.Status owner(ProcNode node) {
        return local.proc().status(Integer.toString(node.pid()));
    }

    void list(ProcNode directory, ProcListing out) {
        for (DirectoryFd.Entry entry : local.proc().list(Integer.toString(directory.pid()))) {
            out.add(entry.name(), entry.name().equals(STAT) ? REGULAR : SYMLINK, directory.id());
        }
    }

    byte[] read(FuseHeader caller, ProcNode node) {
        if (!isStat(node)) {
            throw new ErrnoException("read " + node, Errno.EINVAL);
        }
        byte[] stat = local.stat(node.pid());
        return mayLook(caller, node) ? stat : StatLine.hidden(stat);
    }

    String link(FuseHeader caller, ProcNode node) {
        String path = node.pid() + "/" + nameOf(node);
        if (!isPath(node)) {
            return "../" + hidden + "/" + path;
        }
        if (!mayLook(caller, node)) {
            throw new ErrnoException("read the link " + path, Errno.EACCES);
        }
        return local.proc().readLink(path);
    }

    private String nameOf(ProcNode node) {
        return local.proc().list(Integer.toString(node.pid())).stream()
                .map(DirectoryFd.Entry::name)
                .filter(name -> is(node, name))
                .findFirst()
                .orElseThrow(() -> new ErrnoException("find " + node, Errno.ENOENT));
    }

    /** As ptrace does: root, the same user, and the process itself. */
    private boolean mayLook(FuseHeader caller, ProcNode node) {
        return caller.uid() == 0
                || caller.uid() == owner(node).uid()
                || (caller.pid() != 0 && ProcNames.leader(local.proc(), caller.pid()) == node.pid());
    }
}
