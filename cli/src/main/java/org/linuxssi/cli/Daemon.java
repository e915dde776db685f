package org.linuxssi.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.linuxssi.control.ControlClient;
import org.linuxssi.control.ControlException;
import org.linuxssi.control.Reply;
import org.linuxssi.control.Request;
import org.linuxssi.linux.DescriptorIo;
import org.linuxssi.linux.Errno;
import org.linuxssi.tools.NodeId;

/** The daemon that this command speaks to. */
final class Daemon {

    private final Map<String, String> environment;
    private Optional<NodeId> node = Optional.empty();

    Daemon(Map<String, String> environment) {
        this.environment = environment;
    }

    /** Speaks to the test bed's node of this number from now on. */
    void on(NodeId other) {
        node = Optional.of(other);
    }

    /** Tells whether {@code --on} names a node. */
    boolean isNamed() {
        return node.isPresent();
    }

    /**
     * Returns the control socket: of the test bed's node that {@code --on} names, else the one that
     * {@code LINUXSSI_SOCKET} names, which is so inside a container, else this machine's.
     */
    Path socket() {
        Path run = Path.of(environment.getOrDefault("LINUXSSI_RUN", "/run/linuxssi"));
        return node.map(id -> run.resolve("node" + id).resolve("control"))
                .or(() ->
                        Optional.ofNullable(environment.get("LINUXSSI_SOCKET")).map(Path::of))
                .orElseGet(() -> run.resolve("control"));
    }

    /** Returns a variable of the caller's environment. */
    Optional<String> variable(String name) {
        return Optional.ofNullable(environment.get(name));
    }

    ControlClient connect() {
        return ControlClient.connect(socket());
    }

    /**
     * Asks and waits for the last reply, which is of this type.
     *
     * @param listener takes the passing ones
     */
    <T extends Reply.Last> T ask(Request request, Class<T> type, ControlClient.Listener listener) {
        try (ControlClient client = connect()) {
            client.send(request, List.of());
            return expect(client.await(listener), type);
        }
    }

    /** Asks and waits for the last reply, which is of this type, without interest in the passing ones. */
    <T extends Reply.Last> T ask(Request request, Class<T> type) {
        return ask(request, type, (_, descriptors) -> descriptors.forEach(DescriptorIo::close));
    }

    static <T extends Reply.Last> T expect(Reply.Last reply, Class<T> type) {
        if (type.isInstance(reply)) {
            return type.cast(reply);
        }
        throw new ControlException(Errno.EPROTO, "the daemon answered " + reply + ", not " + type.getSimpleName());
    }
}
