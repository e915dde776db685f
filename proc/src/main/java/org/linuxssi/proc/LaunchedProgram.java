package org.linuxssi.proc;

import java.util.concurrent.CompletableFuture;
import org.linuxssi.linux.WaitStatus;

/**
 * A program that runs.
 *
 * @param pid its pid in the cluster
 * @param end completes with its exit code or the signal that killed it, once its process has been reaped
 */
public record LaunchedProgram(int pid, CompletableFuture<WaitStatus> end) {}
