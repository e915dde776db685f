package org.linuxssi.daemon;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.linuxssi.capability.Capabilities;
import org.linuxssi.capability.CapabilitySets;
import org.linuxssi.checkpoint.CheckpointException;
import org.linuxssi.checkpoint.Checkpointer;
import org.linuxssi.checkpoint.IpcObjects;
import org.linuxssi.checkpoint.Manifest;
import org.linuxssi.checkpoint.Order;
import org.linuxssi.checkpoint.Outcome;
import org.linuxssi.checkpoint.Restarter;
import org.linuxssi.checkpoint.Restarter.Restarted;
import org.linuxssi.checkpoint.Versions;
import org.linuxssi.control.CapabilityChange;
import org.linuxssi.control.ControlException;
import org.linuxssi.control.Exchange;
import org.linuxssi.control.Reply;
import org.linuxssi.control.Request;
import org.linuxssi.linux.DescriptorChannel;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Fds;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.SystemV;
import org.linuxssi.linux.UnixSocket;
import org.linuxssi.proc.LaunchedProgram;

/** Answers commands about applications that can be saved and started again. */
final class Applications {

    private static final int SETS = 4;

    private final Programs programs;
    private final Capabilities capabilities;
    private final Checkpointer checkpointer;
    private final Restarter restarter;
    private final Versions versions;
    private final IpcObjects ipcObjects;

    Applications(
            Programs programs,
            Capabilities capabilities,
            Checkpointer checkpointer,
            Restarter restarter,
            Versions versions,
            IpcObjects ipcObjects) {
        this.programs = programs;
        this.capabilities = capabilities;
        this.checkpointer = checkpointer;
        this.restarter = restarter;
        this.versions = versions;
        this.ipcObjects = ipcObjects;
    }

    Reply.Last run(Request.RunApplication request, Exchange exchange) throws InterruptedException {
        Programs.Running running = programs.begin(request.program(), exchange);
        try {
            capabilities.beginApplication(running.program().pid());
        } catch (ErrnoException problem) {
            if (problem.errno() != Errno.ESRCH) {
                throw problem;
            }
        }
        programs.tellStarted(running, exchange);
        return request.background() ? new Reply.Done() : programs.follow(running, exchange);
    }

    Reply.Checkpointed checkpoint(Request.Checkpoint request, Exchange exchange) {
        Set<Order.Step> steps = EnumSet.noneOf(Order.Step.class);
        request.steps().forEach(step -> steps.add(Order.Step.valueOf(step.name())));
        Order order = new Order(
                request.pid(),
                request.application(),
                exchange.caller().uid(),
                steps,
                request.signal(),
                request.description(),
                request.leavesOut(),
                request.keep());
        try {
            Outcome done = checkpointer.carryOut(order);
            Optional<Manifest> saved = done.saved();
            return new Reply.Checkpointed(
                    done.application(),
                    saved.map(Manifest::version).orElse(0),
                    saved.map(Manifest::lines).orElse(List.of()),
                    done.processes(),
                    done.bytes(),
                    done.frozenNanos());
        } catch (CheckpointException refused) {
            throw refused("checkpoint", refused);
        }
    }

    private static ControlException refused(String operation, CheckpointException refused) {
        return new ControlException(refused.errno(), operation + ": " + refused.getMessage());
    }

    Reply.Last restart(Request.Restart request, Exchange exchange) throws InterruptedException {
        List<Integer> descriptors = exchange.takeDescriptors();
        Restarted restarted;
        try {
            restarted = restarter.restart(
                    wish(request, descriptors, exchange.caller().uid()));
        } catch (CheckpointException refused) {
            throw refused("restart", refused);
        } finally {
            descriptors.forEach(Fds::close);
        }
        exchange.send(new Reply.Restarted(restarted.pids()));
        if (!request.foreground()) {
            return new Reply.Done();
        }
        Programs.Running running =
                new Programs.Running(new LaunchedProgram(request.application(), restarted.end()), Optional.empty());
        programs.tellStarted(running, exchange);
        return programs.follow(running, exchange);
    }

    private static Restarter.Wish wish(Request.Restart request, List<Integer> descriptors, int uid) {
        int first = request.terminal() ? 1 : 0;
        if (descriptors.size() != first + request.files().size()) {
            throw new ControlException(
                    Errno.EINVAL,
                    "restart: " + descriptors.size() + " descriptors came, "
                            + (first + request.files().size()) + " were to");
        }
        Map<Integer, Integer> instead = new HashMap<>();
        for (int i = 0; i < request.files().size(); i++) {
            instead.put(request.files().get(i), descriptors.get(first + i));
        }
        int terminal = request.terminal() ? descriptors.getFirst() : -1;
        return new Restarter.Wish(
                request.application(), request.version(), uid, instead, terminal, request.standsStill());
    }

    Reply.CapabilitySets capabilities(Request.Capabilities request, Exchange exchange) {
        int pid = request.pid() != 0 ? request.pid() : parent(exchange.caller().pid());
        if (request.changes().stream().anyMatch(Optional::isPresent)) {
            capabilities.change(pid, exchange.caller().uid(), before -> changed(before, request.changes()));
        }
        CapabilitySets now = capabilities.families().of(pid);
        return new Reply.CapabilitySets(
                now.permitted(), now.effective(), now.inheritablePermitted(), now.inheritableEffective());
    }

    private int parent(int caller) {
        OptionalInt parent = programs.inside(ProcFiles.stat(caller).parent());
        return parent.orElseThrow(() -> new ControlException(
                Errno.EPERM, "krgcapset: the caller's parent is no process of the cluster: name one with -k PID"));
    }

    private static CapabilitySets changed(CapabilitySets before, List<Optional<CapabilityChange>> changes) {
        int[] sets = {
            before.permitted(), before.effective(), before.inheritablePermitted(), before.inheritableEffective()
        };
        for (int i = 0; i < Math.min(SETS, changes.size()); i++) {
            int old = sets[i];
            sets[i] = changes.get(i).map(change -> change.apply(old)).orElse(old);
        }
        return new CapabilitySets(sets[0], sets[1], sets[2], sets[3]);
    }

    Reply.Done ipc(Request.Ipc request, Exchange exchange) {
        List<Integer> descriptors = exchange.takeDescriptors();
        String operation = request.restore() ? "ipcrestart" : "ipccheckpoint";
        try {
            if (descriptors.size() != 1) {
                throw new ControlException(
                        Errno.EINVAL, operation + ": " + descriptors.size() + " descriptors came, 1 was to");
            }
            DescriptorChannel file = new DescriptorChannel(descriptors.getFirst());
            SystemV.Kind kind = SystemV.Kind.valueOf(request.kind().name());
            UnixSocket.Peer caller = exchange.caller();
            if (request.restore()) {
                ipcObjects.restore(kind, caller.uid(), file);
            } else {
                ipcObjects.save(kind, request.id(), caller.uid(), caller.gid(), file);
            }
            return new Reply.Done();
        } catch (CheckpointException refused) {
            throw refused(operation, refused);
        } finally {
            descriptors.forEach(Fds::close);
        }
    }

    Reply.Text versions(Request.Versions request, Exchange exchange) {
        try {
            return new Reply.Text(
                    switch (request.topic()) {
                        case LIST -> list();
                        case SHOW ->
                            String.join(
                                    "\n",
                                    versions.manifest(request.application(), request.version())
                                            .lines());
                        case REMOVE -> remove(request, exchange.caller().uid());
                    });
        } catch (IOException problem) {
            throw new ControlException(Errno.EIO, "ckpt: " + problem.getMessage());
        }
    }

    private String list() throws IOException {
        List<String> lines = new ArrayList<>();
        for (int application : versions.applications()) {
            for (int version : versions.numbers(application)) {
                lines.add(String.join(
                        "  ", versions.manifest(application, version).lines()));
            }
        }
        return String.join("\n", lines);
    }

    private String remove(Request.Versions request, int uid) throws IOException {
        Manifest manifest = versions.manifest(request.application(), request.version());
        if (uid != 0 && uid != manifest.uid()) {
            throw new ControlException(
                    Errno.EPERM, "ckpt rm: it belongs to user " + manifest.uid() + ": only that user and root may");
        }
        versions.remove(request.application(), request.version());
        return "";
    }
}
