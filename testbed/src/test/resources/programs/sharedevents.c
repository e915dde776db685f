/* Parent and child share a timer, where signals are read, and what epoll watches; prints a line for each lap that was right. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

static int set, timer, ends[2], answers[2];

static void watch(int descriptor, uint64_t data)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = data};
    if (epoll_ctl(set, EPOLL_CTL_ADD, descriptor, &event) != 0) {
        perror("epoll_ctl");
        exit(1);
    }
}

/* Answers numbers that come through the pipe with the ticks that there were. */
static int child(void)
{
    long ticks = 0;
    for (;;) {
        struct epoll_event event;
        int found = epoll_wait(set, &event, 1, -1);
        if (found < 0 && errno == EINTR)
            continue;
        if (found < 0)
            return 1;
        if (event.data.u64 == 1) {
            long number[2];
            if (read(ends[0], number, sizeof number[0]) != sizeof number[0])
                return 0;
            number[1] = ticks;
            if (write(answers[1], number, sizeof number) != sizeof number)
                return 1;
        } else if (event.data.u64 == 0x123456789abcdefULL) {
            uint64_t count;
            if (read(timer, &count, sizeof count) == sizeof count)
                ticks += count;
        } else {
            return 2;
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    sigprocmask(SIG_BLOCK, &mask, NULL);
    set = epoll_create1(0);
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    int signals = signalfd(-1, &mask, 0);
    struct itimerspec setting = {{0, 10000000}, {0, 10000000}};
    if (set < 0 || timer < 0 || signals < 0 || pipe(ends) || pipe(answers) || timerfd_settime(timer, 0, &setting, NULL))
        return 1;
    watch(ends[0], 1);
    watch(timer, 0x123456789abcdefULL);
    if (fork() == 0)
        _exit(child());
    long ticks = 0, before = 0;
    for (long lap = 0; access(argv[1], F_OK) != 0; lap++) {
        long answer[2];
        struct signalfd_siginfo info;
        kill(getpid(), SIGUSR1);
        if (write(ends[1], &lap, sizeof lap) != sizeof lap || read(answers[0], answer, sizeof answer) != sizeof answer
            || read(signals, &info, sizeof info) != sizeof info)
            return 1;
        ticks = answer[1];
        printf("%ld %s\n", lap, answer[0] == lap && info.ssi_signo == SIGUSR1 && ticks >= before ? "ok" : "wrong");
        fflush(stdout);
        before = ticks;
        usleep(20000);
    }
    close(ends[1]);
    printf("end %s\n", ticks > 0 ? "ok" : "wrong");
    return 0;
}
