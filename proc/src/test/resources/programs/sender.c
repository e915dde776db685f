/* Makes all calls that send signals, with right and wrong arguments: sender PID TID OUTPUT [threads]. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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
    printf("%s = %ld %s\n", #call, result, result ? strerrorname_np(errno) : ""); \
    fflush(stdout); \
    for (int i = 0; result == 0 && i < 2000 && lines() < before + heard; i++) usleep(5000); \
} while (0)

static siginfo_t info(int code) {
    siginfo_t made;
    memset(&made, 0, sizeof made);
    made.si_code = code;
    made.si_pid = 4711;
    made.si_uid = 815;
    made.si_value.sival_int = 42;
    return made;
}

int main(int argc, char **argv) {
    int pid = atoi(argv[1]), tid = atoi(argv[2]), dead = pid + 7000;
    int threads = argc > 4, rt = SIGRTMIN;
    siginfo_t queued = info(SI_QUEUE), user = info(SI_USER), thread = info(SI_TKILL);
    output = argv[3];
    TRY(0, kill(pid, 0));
    TRY(1, kill(pid, SIGUSR1));
    TRY(0, kill(pid, 65));
    TRY(0, kill(pid, -1));
    TRY(0, kill(dead, 0));
    TRY(0, kill(dead, SIGUSR1));
    TRY(0, kill(dead, 65));
    TRY(0, kill(dead, SIGKILL));
    TRY(0, kill(INT_MAX, 0));
    TRY(0, kill(INT_MIN, SIGUSR1));
    TRY(0, kill(-dead, SIGUSR1));
    TRY(0, kill(-pid, 0));
    TRY(1, kill(-pid, SIGUSR2));
    TRY(0, kill(-pid, 65));
    TRY(1, kill(pid, SIGCONT));
    TRY(1, kill(pid, rt));
    TRY(0, syscall(SYS_tkill, -1, SIGKILL));
    TRY(0, syscall(SYS_tkill, 0, SIGKILL));
    TRY(0, syscall(SYS_tkill, dead, SIGUSR1));
    TRY(1, syscall(SYS_tkill, pid, SIGUSR1));
    TRY(0, syscall(SYS_tkill, pid, 65));
    TRY(0, syscall(SYS_tgkill, -1, pid, SIGKILL));
    TRY(0, syscall(SYS_tgkill, pid, -1, SIGKILL));
    TRY(0, syscall(SYS_tgkill, pid, 0, SIGKILL));
    TRY(0, syscall(SYS_tgkill, pid, 1, SIGUSR1));
    TRY(1, syscall(SYS_tgkill, pid, pid, SIGUSR1));
    TRY(0, syscall(SYS_tgkill, pid, pid, 0));
    TRY(0, syscall(SYS_tgkill, dead, dead, SIGKILL));
    TRY(1, syscall(SYS_rt_sigqueueinfo, pid, rt, &queued));
    TRY(0, syscall(SYS_rt_sigqueueinfo, pid, rt, &user));
    TRY(0, syscall(SYS_rt_sigqueueinfo, pid, rt, &thread));
    TRY(0, syscall(SYS_rt_sigqueueinfo, pid, rt, 0));
    TRY(0, syscall(SYS_rt_sigqueueinfo, pid, 65, &queued));
    TRY(0, syscall(SYS_rt_sigqueueinfo, dead, rt, &queued));
    TRY(0, syscall(SYS_rt_sigqueueinfo, -1, rt, &queued));
    TRY(0, syscall(SYS_rt_tgsigqueueinfo, -1, pid, rt, &queued));
    TRY(0, syscall(SYS_rt_tgsigqueueinfo, pid, pid, rt, &user));
    if (threads) {
        TRY(1, kill(tid, SIGUSR1));
        TRY(0, kill(tid, 0));
        TRY(1, syscall(SYS_tkill, tid, SIGUSR1));
        TRY(1, syscall(SYS_tgkill, pid, tid, SIGUSR2));
        TRY(0, syscall(SYS_tgkill, pid, tid, 0));
        TRY(0, syscall(SYS_tgkill, pid, tid, 65));
        TRY(0, syscall(SYS_tgkill, tid, tid, SIGUSR2));
        TRY(1, syscall(SYS_rt_tgsigqueueinfo, pid, tid, rt + 1, &queued));
        TRY(0, syscall(SYS_rt_tgsigqueueinfo, pid, tid, rt + 1, &user));
        TRY(1, syscall(SYS_rt_tgsigqueueinfo, pid, pid, rt + 1, &queued));
    }
    TRY(0, kill(pid, SIGSTOP));
    TRY(1, kill(pid, SIGCONT));
    TRY(1, kill(pid, SIGTERM));
    return 0;
}
