package org.linuxssi.control;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;

/**
 * What a command asks its node's daemon for: the first message of a connection.
 *
 * <p>The daemon answers with any number of passing {@link Reply replies} and one last one.
 */
public sealed interface Request {

    /** The bytes of a request. */
    Codec<Request> CODEC = Codec.of(RequestCodec::write, RequestCodec::read);

    /**
     * Runs a program as the caller; {@link #descriptors} travel with the request.
     * Answered by {@link Reply.Started}, with the terminal's master when one was asked for, then {@link Reply.Exited}.
     *
     * @param arguments the program, looked up in the environment's PATH, and its arguments
     * @param environment entries {@code NAME=value}
     * @param directory the working directory, absolute
     * @param umask 0 to 0777
     * @param node where; the daemon chooses when empty
     * @param terminal whether the program gets a new pseudo terminal
     * @param window its size
     * @param closed which of 0, 1 and 2 the program does not have; the descriptors that travel are the others
     */
    record Run(
            List<String> arguments,
            List<String> environment,
            String directory,
            int umask,
            Optional<NodeId> node,
            boolean terminal,
            WindowSize window,
            Set<Integer> closed)
            implements Request {

        private static final List<Integer> STANDARD = List.of(0, 1, 2);

        /** Copies the lists. */
        public Run {
            arguments = List.copyOf(arguments);
            environment = List.copyOf(environment);
            closed = Set.copyOf(closed);
        }

        /** Makes the request for a program that has descriptors 0, 1 and 2. */
        public Run(
                List<String> arguments,
                List<String> environment,
                String directory,
                int umask,
                Optional<NodeId> node,
                boolean terminal,
                WindowSize window) {
            this(arguments, environment, directory, umask, node, terminal, window, Set.of());
        }

        /** Returns the numbers of the descriptors that travel with the request, in their order. */
        public List<Integer> descriptors() {
            return terminal
                    ? List.of()
                    : STANDARD.stream()
                            .filter(number -> !closed.contains(number))
                            .toList();
        }
    }

    /**
     * Runs a program where a process lives: on its node, in its working directory, with its root. Answered as
     * {@link Run}.
     *
     * @param pid any process of the cluster that belongs to the caller
     * @param program what to run; its node and directory are ignored
     */
    record Enter(int pid, Run program) implements Request {}

    /**
     * Sends a signal with the caller's rights, wherever the process lives. Answered by {@link Reply.Done}.
     *
     * @param pid a pid, or a negated process group
     * @param signal 0 to 64; 0 only checks
     */
    record Signal(int pid, int signal) implements Request {}

    /**
     * Moves a process. Answered by {@link Reply.Migrated}, with {@link Reply.Progress} lines before when verbose.
     *
     * @param pid the process
     * @param node where to
     * @param verbose whether to tell each phase
     */
    record Migrate(int pid, NodeId node, boolean verbose) implements Request {}

    /** Asks whether the cluster is up. Answered by {@link Reply.Cluster}. */
    record ClusterStatus() implements Request {}

    /**
     * Starts the cluster. Answered by {@link Reply.Done}.
     *
     * @param nodes with which nodes
     */
    record ClusterStart(NodeSelection nodes) implements Request {}

    /** Stops the cluster: its programs end, the daemons stay. Answered by {@link Reply.Done}. */
    record ClusterStop() implements Request {}

    /** Ends all daemons and powers their machines off. Answered by {@link Reply.Done}. */
    record ClusterPoweroff() implements Request {}

    /** Ends all daemons and restarts their machines. Answered by {@link Reply.Done}. */
    record ClusterReboot() implements Request {}

    /** Waits until the cluster is up. Answered by {@link Reply.Cluster}. */
    record ClusterWaitStart() implements Request {}

    /**
     * Asks for the states of nodes. Answered by {@link Reply.Nodes}.
     *
     * @param nodes which; Count and Total are refused
     */
    record NodesStatus(NodeSelection nodes) implements Request {}

    /** Adds nodes to the running cluster. Answered by {@link Reply.Progress} lines, then {@link Reply.Changed}. */
    record NodesAdd(NodeSelection nodes) implements Request {}

    /** Moves everything away from nodes and removes them. Answered as {@link NodesAdd}. */
    record NodesDel(NodeSelection nodes) implements Request {}

    /**
     * Asks for processes of the cluster. Answered by {@link Reply.Processes}.
     *
     * @param pids only these, all when empty
     * @param node only those that live there
     * @param uid only those of this user
     */
    record Ps(List<Integer> pids, Optional<NodeId> node, Optional<Integer> uid) implements Request {

        /** All processes. */
        public static final Ps ALL = new Ps(List.of(), Optional.empty(), Optional.empty());

        /** Copies the list. */
        public Ps {
            pids = List.copyOf(pids);
        }
    }

    /**
     * Asks for what happened: views, migrations, failures. Answered by {@link Reply.Event} in order, then
     * {@link Reply.Done}.
     *
     * @param limit the most events of the past
     * @param follow whether to go on with new ones until the command is cancelled
     */
    record Events(int limit, boolean follow) implements Request {}

    /** What can be asked of KDDM. */
    enum KddmTopic {
        /** The sets and their properties. */
        SETS,
        /** What the node has of them, and how it is used. */
        STAT,
        /** What the node has of each object of a set. */
        OBJECTS,
        /** Which requests wait for whom, on all nodes. */
        WAITS,
        /** The bytes of one object; for root. */
        GET,
        /** What the operations take; for root. */
        BENCH
    }

    /**
     * Asks for what KDDM has. Answered by {@link Reply.Text}.
     *
     * @param set as {@code 200:1}; empty where none is needed
     * @param object number of the object to get
     * @param limit the most objects; how often each operation is measured
     */
    record Kddm(KddmTopic topic, String set, long object, int limit) implements Request {}

    /**
     * Runs a program as the first of an application that can be saved, in a session of its own. Answered as {@link Run}, in
     * the background by {@link Reply.Started} and {@link Reply.Done}.
     *
     * @param program what to run
     * @param background whether nobody waits for its end
     */
    record RunApplication(Run program, boolean background) implements Request {}

    /** Parts of a checkpoint, carried out in this order. */
    enum CheckpointStep {
        /** All processes stop. */
        FREEZE,
        /** A version is written. */
        SAVE,
        /** All processes go on. */
        UNFREEZE,
        /** All processes get the signal and go on with it. */
        KILL
    }

    /**
     * Freezes, saves and lets go an application, or some of that. Answered by {@link Reply.Checkpointed}.
     *
     * @param pid a process of it, or its number
     * @param application whether it is its number
     * @param steps what to do
     * @param signal that its processes get when they go on; 0 for none
     * @param description of the version, at most 4096 bytes
     * @param leavesOut whether files that can't be saved are left out
     * @param keep how many versions are kept; 0 for all
     */
    record Checkpoint(
            int pid,
            boolean application,
            Set<CheckpointStep> steps,
            int signal,
            String description,
            boolean leavesOut,
            int keep)
            implements Request {

        /** Copies the steps. */
        public Checkpoint {
            steps = Set.copyOf(steps);
        }
    }

    /**
     * Starts an application again from a saved version. Answered by {@link Reply.Restarted}, then {@link Reply.Done}, or in
     * the foreground by {@link Reply.Started} and {@link Reply.Exited}.
     *
     * @param application its number
     * @param version which of its versions
     * @param foreground whether to wait for its first process
     * @param terminal whether a descriptor travels first that comes in the place of its terminals
     * @param standsStill whether it is to stand still until it is let go
     * @param files numbers of shared files in whose place the other descriptors come that travel
     */
    record Restart(
            int application,
            int version,
            boolean foreground,
            boolean terminal,
            boolean standsStill,
            List<Integer> files)
            implements Request {

        /** Copies the list. */
        public Restart {
            files = List.copyOf(files);
        }
    }

    /**
     * Shows or changes what may be done with a process. Answered by {@link Reply.CapabilitySets}.
     *
     * @param pid the process; 0 for the parent of the caller
     * @param changes in the order permitted, effective, inheritable permitted, inheritable effective
     */
    record Capabilities(int pid, List<Optional<CapabilityChange>> changes) implements Request {

        /** Copies the list. */
        public Capabilities {
            changes = List.copyOf(changes);
        }
    }

    /** What can be done with saved versions. */
    enum VersionsTopic {
        /** All applications that have versions. */
        LIST,
        /** One version. */
        SHOW,
        /** Removes one version. */
        REMOVE
    }

    /**
     * Lists, shows or removes saved versions. Answered by {@link Reply.Text}.
     *
     * @param application of which; 0 for all
     * @param version which; 0 for all
     */
    record Versions(VersionsTopic topic, int application, int version) implements Request {}

    /** The kinds of objects of System V interprocess communication. */
    enum IpcKind {
        /** A message queue. */
        QUEUE,
        /** An array of semaphores. */
        SEMAPHORES,
        /** Shared memory. */
        MEMORY
    }

    /**
     * Saves an object of System V to a file, whose descriptor travels, or makes it again from there. Answered by
     * {@link Reply.Done}.
     *
     * @param kind what it is
     * @param id its number; 0 when it is made again
     * @param restore whether it is made again
     */
    record Ipc(IpcKind kind, int id, boolean restore) implements Request {}

    /**
     * Ends this daemon. Answered by {@link Reply.Progress} lines, then {@link Reply.Done} just before it ends.
     *
     * @param drain whether its programs are moved to other nodes before; otherwise they end
     */
    record Shutdown(boolean drain) implements Request {}
}
