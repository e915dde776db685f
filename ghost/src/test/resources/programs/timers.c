#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
/* Timers of timer_create: to the process, to one thread, to a thread of its own, to nobody; numbers with a gap. */
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif
static volatile int process_ticks, thread_ticks, own_ticks, wrong, done;
static pid_t worker;
static timer_t to_process, to_thread, own, to_nobody, gone;
static void on_process(int s, siginfo_t *i, void *c) {
    (void)s; (void)c;
    if (i->si_code != SI_TIMER || i->si_value.sival_int != 4711 || timer_getoverrun(to_process) < 0) wrong |= 1;
    process_ticks++;
}
static void on_thread(int s, siginfo_t *i, void *c) {
    (void)s; (void)c;
    if (syscall(SYS_gettid) != worker || i->si_code != SI_TIMER || i->si_value.sival_int != 815) wrong |= 2;
    thread_ticks++;
}
static void on_own(union sigval v) { if (v.sival_int != 99) wrong |= 4; own_ticks++; }
static void *work(void *p) {
    sigset_t set; (void)p;
    sigemptyset(&set); sigaddset(&set, SIGRTMIN + 4); pthread_sigmask(SIG_BLOCK, &set, NULL);
    worker = (pid_t)syscall(SYS_gettid);
    while (!done) usleep(500);
    return NULL;
}
static void make(timer_t *timer, clockid_t clock, int notify, int signal, int value, long nanoseconds) {
    struct sigevent e; struct itimerspec t = {{0, nanoseconds}, {0, nanoseconds}};
    memset(&e, 0, sizeof e);
    e.sigev_notify = notify; e.sigev_signo = signal; e.sigev_value.sival_int = value;
    if (notify == SIGEV_THREAD_ID) e.sigev_notify_thread_id = worker;
    if (notify == SIGEV_THREAD) e.sigev_notify_function = on_own;
    if (timer_create(clock, &e, timer) != 0 || timer_settime(*timer, 0, &t, NULL) != 0) { perror("timer"); exit(1); }
}
int main(void) {
    pthread_t thread;
    struct sigaction a;
    memset(&a, 0, sizeof a);
    a.sa_flags = SA_SIGINFO | SA_RESTART;
    a.sa_sigaction = on_process; sigaction(SIGRTMIN + 4, &a, NULL);
    a.sa_sigaction = on_thread; sigaction(SIGRTMIN + 5, &a, NULL);
    pthread_create(&thread, NULL, work, NULL);
    while (!worker) usleep(100);
    make(&to_process, CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGRTMIN + 4, 4711, 3000000);
    make(&gone, CLOCK_MONOTONIC, SIGEV_NONE, 0, 0, 1000000);
    make(&to_thread, CLOCK_REALTIME, SIGEV_THREAD_ID, SIGRTMIN + 5, 815, 3000000);
    timer_delete(gone);
    make(&own, CLOCK_BOOTTIME, SIGEV_THREAD, 0, 99, 5000000);
    make(&to_nobody, CLOCK_MONOTONIC, SIGEV_NONE, 0, 0, 3600000000000 % 999999999);
    int last = -1, bad_left = 0;
    while (process_ticks < 400 || thread_ticks < 300 || own_ticks < 200) {
        struct itimerspec left;
        if (timer_gettime(to_nobody, &left) != 0 || left.it_value.tv_sec > 0) bad_left++;
        int n = process_ticks / 100 < 4 ? process_ticks / 100 : 4;
        if (n != last) { last = n; printf("about %d\n", n * 100); fflush(stdout); }
        usleep(300);
    }
    struct itimerspec off = {{0, 0}, {0, 0}}, before;
    printf("set %d, left well %d, gone %d\n", timer_settime(to_process, 0, &off, &before) == 0 && before.it_interval.tv_nsec == 3000000,
        bad_left == 0, timer_delete(gone) == -1 && errno == EINVAL);
    printf("delete %d %d %d, wrong %d\n", timer_delete(to_thread), timer_delete(own), timer_delete(to_nobody), wrong);
    done = 1; pthread_join(thread, NULL);
    return 22;
}
