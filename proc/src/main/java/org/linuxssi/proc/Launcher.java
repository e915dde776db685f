package org.linuxssi.proc;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Fds;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.WaitStatus;

/**
 * Starts programs in a container: init clones a blank, the blank gets its descriptors while it waits, then runs a table
 * that ends in execve.
 *
 * <p>That the exec succeeded is seen by a pipe whose writing end the blank has close-on-exec; that it failed, by the
 * blank asking what to do next.
 */
public final class Launcher {

    private static final int NOTHING_RAN = 127;

    private final Container container;

    /** Launches into this container. */
    public Launcher(Container container) {
        this.container = container;
    }

    /**
     * Starts a program.
     *
     * @return completes when it runs; fails with an {@link ErrnoException} that names the step: ENOENT, EACCES, ENOEXEC
     *     of the execve, EEXIST for a fixed pid that is taken
     */
    public CompletableFuture<LaunchedProgram> launch(LaunchRequest request) {
        CompletableFuture<LaunchedProgram> launched = new CompletableFuture<>();
        Futures.unattended(container.init().spawn(request.pid()).handle((blank, problem) -> {
            if (problem != null) {
                launched.completeExceptionally(Futures.cause(problem));
            } else {
                fill(blank, request, launched);
            }
            return request;
        }));
        return launched;
    }

    private void fill(Agent blank, LaunchRequest request, CompletableFuture<LaunchedProgram> launched) {
        CompletableFuture<WaitStatus> end = container.init().await(blank.pid());
        Futures.unattended(end.thenRun(() -> {
            container.supervisor().forget(blank);
            launched.complete(new LaunchedProgram(blank.pid(), end));
            blank.died();
        }));
        Fds.Pipe pipe = Fds.pipe();
        container.poller().watch(pipe.readEnd(), () -> {
            Fds.close(pipe.readEnd());
            container.supervisor().forget(blank);
            launched.complete(new LaunchedProgram(blank.pid(), end));
        });
        Futures.unattended(install(blank, request, pipe)
                .thenCompose(signal -> {
                    Fds.close(pipe.writeEnd());
                    container.numbers().toHost(blank.pid()).ifPresent(OomScore::likeTheDaemon);
                    LaunchPlan plan = new LaunchPlan(request, signal);
                    return blank.run(plan.table()).<Agent>thenApply(results -> {
                        throw plan.failure(results);
                    });
                })
                .exceptionally(problem -> {
                    launched.completeExceptionally(Futures.cause(problem));
                    Futures.unattended(blank.call(Nr.EXIT_GROUP, NOTHING_RAN));
                    return blank;
                }));
    }

    /** Installs the descriptors; the result is the number of the pipe's writing end. */
    private static CompletableFuture<Integer> install(Agent blank, LaunchRequest request, Fds.Pipe pipe) {
        for (Map.Entry<Integer, Integer> descriptor : request.descriptors().entrySet()) {
            blank.install(descriptor.getValue(), descriptor.getKey(), false).join();
        }
        return blank.install(pipe.writeEnd(), true);
    }
}
