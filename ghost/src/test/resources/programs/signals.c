#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <fcntl.h>
#include <unistd.h>
/* Interval timer, alternate stack, queued signals, masks, limits, umask, names, offsets shared between descriptors. */
static volatile int ticks, off, order_bad, queued, usr1;
static char stack[65536];
static void tick(int s, siginfo_t *i, void *c) {
    char here;
    (void)s; (void)i; (void)c;
    if (&here < stack || &here >= stack + sizeof stack) off++;
    ticks++;
}
static void rt(int s, siginfo_t *i, void *c) {
    (void)s; (void)c;
    if (i->si_value.sival_int != queued || i->si_pid != getpid()) order_bad++;
    queued++;
}
static void one(int s) { (void)s; usr1++; }
int main(void) {
    stack_t ss = {.ss_sp = stack, .ss_size = sizeof stack};
    sigaltstack(&ss, NULL);
    struct sigaction a;
    memset(&a, 0, sizeof a);
    a.sa_sigaction = tick; a.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART; sigaction(SIGALRM, &a, NULL);
    a.sa_sigaction = rt; a.sa_flags = SA_SIGINFO; sigaction(SIGRTMIN + 3, &a, NULL);
    signal(SIGUSR1, one);
    sigset_t block, old;
    sigemptyset(&block); sigaddset(&block, SIGUSR1); sigaddset(&block, SIGRTMIN + 3);
    sigprocmask(SIG_BLOCK, &block, &old);
    for (int i = 0; i < 20; i++) { union sigval v = {.sival_int = i}; sigqueue(getpid(), SIGRTMIN + 3, v); }
    raise(SIGUSR1);
    prctl(PR_SET_NAME, "a (odd) name");
    umask(027);
    struct rlimit core = {12345, 67890}; setrlimit(RLIMIT_CORE, &core);
    setpriority(PRIO_PROCESS, 0, 5);
    int f = open("shared.txt", O_RDWR | O_CREAT | O_TRUNC, 0644);
    int g = dup(f); fcntl(g, F_SETFD, FD_CLOEXEC);
    int d = open("shared.txt", O_WRONLY | O_APPEND);
    dup2(f, 200);
    struct itimerval t = {{0, 4000}, {0, 4000}};
    setitimer(ITIMER_REAL, &t, NULL);
    printf("armed\n"); fflush(stdout);
    int last = -1;
    while (ticks < 500) {
        int n = ticks / 50;
        if (n != last) { last = n; printf("tick %d\n", n * 50); fflush(stdout); if (write(n % 2 ? f : g, "x", 1) != 1) return 1; }
        int r = pause();
        if (r != -1 || errno != EINTR) { printf("pause %d %d\n", r, errno); return 2; }
    }
    memset(&t, 0, sizeof t); setitimer(ITIMER_REAL, &t, NULL);
    sigprocmask(SIG_SETMASK, &old, NULL);
    char name[16]; prctl(PR_GET_NAME, name);
    struct rlimit now; getrlimit(RLIMIT_CORE, &now);
    mode_t m = umask(0);
    printf("off %d order %d queued %d usr1 %d name %s core %lu %lu umask %o nice %d\n", off, order_bad, queued, usr1, name,
           (unsigned long)now.rlim_cur, (unsigned long)now.rlim_max, m, getpriority(PRIO_PROCESS, 0));
    printf("pos %ld %ld %ld cloexec %d append %d\n", (long)lseek(f, 0, SEEK_CUR), (long)lseek(g, 0, SEEK_CUR),
           (long)lseek(200, 0, SEEK_CUR), fcntl(g, F_GETFD), (fcntl(d, F_GETFL) & O_APPEND) != 0);
    return 42;
}
