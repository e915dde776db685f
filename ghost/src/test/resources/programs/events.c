#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
/* Counters, a semaphore, timers and signals that are read, all watched by epoll, one in an epoll of its own. */
enum { LAPS = 1500 };
static const uint64_t COUNTER = 0x1122334455667788, SEMAPHORE = 0xfedcba9876543210, TIMER = 3, SIGNAL = 4, INNER = 5, LAST = 6;
static int epoll, inner;
static void watch(int where, int fd, uint32_t events, uint64_t data) {
    struct epoll_event e = {.events = events, .data.u64 = data};
    if (epoll_ctl(where, EPOLL_CTL_ADD, fd, &e) != 0) { perror("epoll_ctl"); exit(10); }
}
static uint64_t take(int fd, int may_be_empty) {
    uint64_t value = 0;
    ssize_t n = read(fd, &value, sizeof value);
    if (n == -1 && errno == EAGAIN && may_be_empty) return 0;
    if (n != sizeof value) { printf("read %zd %d\n", n, errno); exit(11); }
    return value;
}
static void give(int fd, uint64_t value) { if (write(fd, &value, sizeof value) != sizeof value) exit(12); }
static double now(clockid_t clock) { struct timespec t; clock_gettime(clock, &t); return t.tv_sec + t.tv_nsec / 1e9; }
int main(void) {
    sigset_t set; sigemptyset(&set); sigaddset(&set, SIGUSR1); sigaddset(&set, SIGRTMIN + 2); sigprocmask(SIG_BLOCK, &set, NULL);
    int counter = eventfd(7, EFD_NONBLOCK), semaphore = eventfd(0, EFD_SEMAPHORE);
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK), last = timerfd_create(CLOCK_REALTIME, 0);
    int signals = signalfd(-1, &set, SFD_CLOEXEC), kept = dup(signals);
    epoll = epoll_create1(EPOLL_CLOEXEC); inner = epoll_create1(0);
    watch(epoll, counter, EPOLLIN | EPOLLET, COUNTER); watch(epoll, semaphore, EPOLLIN, SEMAPHORE);
    watch(epoll, timer, EPOLLIN, TIMER); watch(epoll, inner, EPOLLIN, INNER);
    watch(inner, signals, EPOLLIN, SIGNAL); watch(epoll, last, EPOLLIN | EPOLLONESHOT, LAST);
    struct itimerspec often = {{0, 1000000}, {0, 1000000}}, once = {{0, 0}, {0, 0}};
    timerfd_settime(timer, 0, &often, NULL);
    double due = now(CLOCK_REALTIME) + 0.9;
    once.it_value.tv_sec = (time_t)due; once.it_value.tv_nsec = (long)((due - (time_t)due) * 1e9);
    timerfd_settime(last, TFD_TIMER_ABSTIME, &once, NULL);
    printf("first %llu\n", (unsigned long long)take(counter, 0));
    uint64_t sum = 0; int expired = 0; double when = 0;
    for (int lap = 1; lap <= LAPS; lap++) {
        give(counter, lap); give(counter, 1); give(semaphore, 3);
        union sigval v = {.sival_int = lap}; sigqueue(getpid(), lap % 2 ? SIGUSR1 : SIGRTMIN + 2, v);
        int counted = 0, posts = 0, signalled = 0, ticked = 0;
        while (!counted || posts < 3 || !signalled || !ticked || (lap == LAPS && !expired)) {
            struct epoll_event e[2];
            int n = epoll_wait(epoll, e, 2, 60000);
            if (n <= 0) { printf("epoll_wait %d %d\n", n, errno); return 1; }
            for (int i = 0; i < n; i++) {
                uint64_t what = e[i].data.u64;
                if (what == COUNTER) { uint64_t got = take(counter, 1); if (got) { counted++; sum = sum * 31 + got; } }
                else if (what == SEMAPHORE) posts += take(semaphore, 0) == 1;
                else if (what == TIMER) { uint64_t t = take(timer, 1); if (t > 60000) { printf("ticks %llu\n", (unsigned long long)t); return 2; } ticked += t > 0; }
                else if (what == LAST) { if (take(last, 0) != 1) return 3; expired++; when = now(CLOCK_REALTIME); }
                else if (what == INNER) {
                    struct epoll_event in;
                    if (epoll_wait(inner, &in, 1, 0) != 1 || in.data.u64 != SIGNAL) return 4;
                    struct signalfd_siginfo info;
                    if (read(lap % 3 ? signals : kept, &info, sizeof info) != sizeof info) return 5;
                    if (info.ssi_int != lap || info.ssi_signo != (uint32_t)(lap % 2 ? SIGUSR1 : SIGRTMIN + 2)) return 6;
                    signalled++;
                } else { printf("data %llx\n", (unsigned long long)what); return 7; }
            }
        }
        if (lap % 100 == 0) { printf("%d %llu\n", lap, (unsigned long long)sum); fflush(stdout); }
    }
    struct epoll_event e = {.events = EPOLLIN, .data.u64 = LAST};
    printf("late %d, once %d, mod %d, del %d\n", when < due || when > due + 30, expired,
        epoll_ctl(epoll, EPOLL_CTL_MOD, last, &e), epoll_ctl(epoll, EPOLL_CTL_DEL, counter, NULL));
    return 21;
}
