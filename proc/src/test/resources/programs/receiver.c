/* Tells of each signal that it gets; two threads. Ends by SIGTERM. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void told(int signal, siginfo_t *info, void *context) {
    char line[160];
    int directed = info->si_code == SI_TKILL || signal == SIGRTMIN + 1;
    const char *thread = !directed ? "any" : syscall(SYS_gettid) == getpid() ? "first" : "second";
    int value = info->si_code == SI_USER || info->si_code == SI_TKILL ? 0 : info->si_value.sival_int;
    (void) context;
    snprintf(line, sizeof line, "signal %d code %d from %d user %d value %d thread %s\n", signal, info->si_code,
             info->si_pid, info->si_uid, value, thread);
    if (write(1, line, strlen(line)) < 0 || signal == SIGTERM) _exit(3);
}

static void *second(void *tid) {
    *(volatile int *) tid = syscall(SYS_gettid);
    for (;;) pause();
    return 0;
}

int main(void) {
    int signals[] = {SIGUSR1, SIGUSR2, SIGCONT, SIGTERM, SIGRTMIN, SIGRTMIN + 1};
    static volatile int tid;
    pthread_t thread;
    for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction action = {.sa_sigaction = told, .sa_flags = SA_SIGINFO | SA_RESTART};
        sigfillset(&action.sa_mask);
        sigaction(signals[i], &action, 0);
    }
    pthread_create(&thread, 0, second, (void *) &tid);
    while (!tid) usleep(1000);
    char line[80];
    snprintf(line, sizeof line, "ready %d %d .\n", getpid(), tid);
    if (write(1, line, strlen(line)) < 0) return 1;
    for (;;) pause();
}
