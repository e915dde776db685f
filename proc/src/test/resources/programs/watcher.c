/* Watches a process by a descriptor of it, and signals it by that: watcher PID OUTPUT TID. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *output;

static long lines(void) {
    char buffer[8192];
    int fd = open(output, O_RDONLY);
    ssize_t size = read(fd, buffer, sizeof buffer);
    long count = 0;
    close(fd);
    for (ssize_t i = 0; i < size; i++) count += buffer[i] == '\n';
    return count;
}

/* A call that was right is followed by a line of the receiver. */
#define TRY(heard, call) do { \
    long before = lines(); \
    errno = 0; \
    long result = call; \
    printf("%s = %ld %s\n", #call, result, result < 0 ? strerrorname_np(errno) : ""); \
    fflush(stdout); \
    for (int i = 0; result == 0 && i < 2000 && lines() < before + heard; i++) usleep(5000); \
} while (0)

int main(int argc, char **argv) {
    if (argc < 4) return 2;
    int pid = atoi(argv[1]), tid = atoi(argv[3]);
    siginfo_t queued, end;
    output = argv[2];
    memset(&queued, 0, sizeof queued);
    queued.si_signo = SIGRTMIN;
    queued.si_code = SI_QUEUE;
    queued.si_value.sival_int = 42;
    int fd = syscall(SYS_pidfd_open, pid, 0);
    struct pollfd poller = {.fd = fd, .events = POLLIN};
    TRY(0, fd >= 0 ? 0 : -1);
    TRY(0, syscall(SYS_pidfd_open, pid + 7000, 0));
    TRY(0, syscall(SYS_pidfd_open, -1, 0));
    TRY(0, syscall(SYS_pidfd_open, tid, 0) >= 0 ? 1 : 0);
    TRY(0, syscall(SYS_pidfd_open, pid, 1));
    TRY(0, poll(&poller, 1, 0));
    TRY(0, syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
    TRY(1, syscall(SYS_pidfd_send_signal, fd, SIGUSR1, NULL, 0));
    TRY(0, syscall(SYS_pidfd_send_signal, fd, 65, NULL, 0));
    TRY(1, syscall(SYS_pidfd_send_signal, fd, SIGRTMIN, &queued, 0));
    TRY(0, syscall(SYS_pidfd_send_signal, fd, SIGUSR1, &queued, 0));
    TRY(0, syscall(SYS_pidfd_send_signal, fd, SIGSTOP, &queued, 0));
    TRY(0, syscall(SYS_pidfd_send_signal, fd, SIGUSR1, NULL, 64));
    TRY(0, syscall(SYS_pidfd_send_signal, 999, SIGKILL, NULL, 0));
    TRY(0, syscall(SYS_pidfd_send_signal, 0, SIGKILL, NULL, 0));
    TRY(1, syscall(SYS_pidfd_send_signal, fd, SIGUSR2, NULL, 1));
    TRY(0, syscall(SYS_pidfd_send_signal, fd, SIGSTOP, NULL, 0));
    TRY(1, syscall(SYS_pidfd_send_signal, fd, SIGCONT, NULL, 0));
    TRY(0, waitid(P_PIDFD, fd, &end, WEXITED));
    TRY(0, poll(&poller, 1, 0));
    TRY(0, syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0));
    TRY(0, poll(&poller, 1, 30000));
    for (int i = 0; i < 2000 && kill(pid, 0) == 0; i++) usleep(5000);
    TRY(0, syscall(SYS_pidfd_send_signal, fd, SIGUSR1, NULL, 0));
    TRY(0, syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0));
    return 0;
}
