/* Signals, timers, and the files that stand for events. */
#include "resources.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>

static volatile sig_atomic_t handled, on_stack;
static char alternate[65536];

static void handler(int number, siginfo_t *info, void *context) {
    char here;
    (void) context;
    (void) info;
    handled = number;
    on_stack = &here >= alternate && &here < alternate + sizeof alternate;
}

static void block(int signal) {
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, signal);
    sigprocmask(SIG_BLOCK, &mask, NULL);
}

static void pending(void) {
    union sigval value = {.sival_int = 4711};
    siginfo_t info;
    sigset_t mask;
    block(SIGUSR2);
    block(SIGRTMIN + 2);
    MUST(sigqueue(getpid(), SIGRTMIN + 2, value) == 0);
    value.sival_int++;
    MUST(sigqueue(getpid(), SIGRTMIN + 2, value) == 0 && raise(SIGUSR2) == 0);
    ready();
    sigemptyset(&mask);
    sigaddset(&mask, SIGRTMIN + 2);
    for (int i = 0; i < 2; i++) {
        CHECK(sigwaitinfo(&mask, &info) == SIGRTMIN + 2);
        CHECK(info.si_code == SI_QUEUE && info.si_pid == getpid() && info.si_value.sival_int == 4711 + i);
    }
    sigaddset(&mask, SIGUSR2);
    CHECK(sigwaitinfo(&mask, &info) == SIGUSR2 && info.si_code == SI_USER);
    struct timespec none = {0, 0};
    CHECK(sigtimedwait(&mask, &info, &none) < 0 && errno == EAGAIN);
}

static void actions(void) {
    stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate}, now;
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND}, found;
    MUST(sigaltstack(&stack, NULL) == 0 && sigaction(SIGUSR2, &action, NULL) == 0);
    MUST(signal(SIGHUP, SIG_IGN) != SIG_ERR);
    block(SIGWINCH);
    ready();
    CHECK(sigaltstack(NULL, &now) == 0 && now.ss_sp == alternate && now.ss_size == sizeof alternate);
    CHECK(sigaction(SIGHUP, NULL, &found) == 0 && found.sa_handler == SIG_IGN);
    raise(SIGUSR2);
    CHECK(handled == SIGUSR2 && on_stack);
    CHECK(sigaction(SIGUSR2, NULL, &found) == 0 && found.sa_handler == SIG_DFL);
    sigset_t mask;
    CHECK(sigprocmask(0, NULL, &mask) == 0 && sigismember(&mask, SIGWINCH) && !sigismember(&mask, SIGUSR2));
}

static void interval_timers(void) {
    struct itimerval timer = {{3600, 0}, {3500, 0}}, now;
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART};
    for (int i = 0; i < 3; i++) {
        MUST(setitimer(i, &timer, NULL) == 0);
    }
    MUST(sigaction(SIGALRM, &action, NULL) == 0);
    ready();
    for (int i = 0; i < 3; i++) {
        CHECK(getitimer(i, &now) == 0 && now.it_interval.tv_sec == 3600);
        CHECK(now.it_value.tv_sec <= 3500 && now.it_value.tv_sec > 3300);
    }
    timer.it_value = (struct timeval){0, 1000};
    timer.it_interval = (struct timeval){0, 0};
    handled = 0;
    CHECK(setitimer(0, &timer, NULL) == 0);
    for (int i = 0; i < 1000 && !handled; i++) {
        usleep(1000);
    }
    CHECK(handled == SIGALRM);
}

static void posix_timers(void) {
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 3};
    struct itimerspec far = {{3600, 0}, {3500, 0}}, near = {{0, 0}, {0, 1000}}, now;
    timer_t first, second;
    siginfo_t info;
    sigset_t mask;
    event.sigev_value.sival_int = 99;
    block(SIGRTMIN + 3);
    MUST(timer_create(CLOCK_MONOTONIC, &event, &first) == 0 && timer_settime(first, 0, &far, NULL) == 0);
    MUST(timer_create(CLOCK_REALTIME, &event, &second) == 0);
    ready();
    CHECK(timer_gettime(first, &now) == 0 && now.it_interval.tv_sec == 3600 && now.it_value.tv_sec > 3300);
    CHECK(timer_gettime(second, &now) == 0 && now.it_value.tv_sec == 0);
    CHECK(timer_settime(second, 0, &near, NULL) == 0);
    sigemptyset(&mask);
    sigaddset(&mask, SIGRTMIN + 3);
    CHECK(sigwaitinfo(&mask, &info) == SIGRTMIN + 3 && info.si_code == SI_TIMER && info.si_value.sival_int == 99);
}

static void event_counter(void) {
    int counter = eventfd(41, EFD_NONBLOCK), semaphore = eventfd(3, EFD_SEMAPHORE | EFD_CLOEXEC);
    eventfd_t value = 0;
    MUST(counter >= 0 && semaphore >= 0);
    ready();
    CHECK(eventfd_read(counter, &value) == 0 && value == 41);
    CHECK(eventfd_read(counter, &value) < 0 && errno == EAGAIN);
    CHECK(eventfd_read(semaphore, &value) == 0 && value == 1);
    CHECK(fcntl(semaphore, F_GETFD) == FD_CLOEXEC);
}

static void timer_file(void) {
    struct itimerspec far = {{3600, 0}, {3500, 0}}, near = {{0, 0}, {0, 1000000}}, now;
    int waits = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK), over = timerfd_create(CLOCK_BOOTTIME, 0);
    unsigned long ticks = 0;
    MUST(waits >= 0 && over >= 0);
    MUST(timerfd_settime(waits, 0, &far, NULL) == 0 && timerfd_settime(over, 0, &near, NULL) == 0);
    usleep(5000);
    ready();
    CHECK(timerfd_gettime(waits, &now) == 0 && now.it_interval.tv_sec == 3600 && now.it_value.tv_sec > 3300);
    CHECK(read(waits, &ticks, 8) < 0 && errno == EAGAIN);
    CHECK(read(over, &ticks, 8) == 8 && ticks == 1);
}

static void signal_file(void) {
    sigset_t mask;
    struct signalfd_siginfo info;
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR2);
    block(SIGUSR2);
    int file = signalfd(-1, &mask, SFD_NONBLOCK);
    MUST(file >= 0 && raise(SIGUSR2) == 0);
    ready();
    CHECK(read(file, &info, sizeof info) == sizeof info && info.ssi_signo == SIGUSR2);
    CHECK(read(file, &info, sizeof info) < 0 && errno == EAGAIN);
}

static void watcher(void) {
    int poll = epoll_create1(EPOLL_CLOEXEC), counter = eventfd(1, 0), silent = eventfd(0, 0);
    struct epoll_event wanted = {.events = EPOLLIN, .data.u64 = 0x1234567890}, found[4];
    MUST(epoll_ctl(poll, EPOLL_CTL_ADD, counter, &wanted) == 0);
    wanted.data.u64 = 7;
    wanted.events = EPOLLIN | EPOLLET;
    MUST(epoll_ctl(poll, EPOLL_CTL_ADD, silent, &wanted) == 0);
    ready();
    CHECK(epoll_wait(poll, found, 4, 1000) == 1 && found[0].data.u64 == 0x1234567890 && found[0].events == EPOLLIN);
    eventfd_write(silent, 1);
    CHECK(epoll_wait(poll, found, 4, 1000) == 2);
    CHECK(epoll_ctl(poll, EPOLL_CTL_DEL, counter, NULL) == 0);
    CHECK(epoll_wait(poll, found, 4, 0) == 0);
}

static void watched_directory(void) {
    char event[500];
    int file = inotify_init1(IN_NONBLOCK);
    MUST(file >= 0 && inotify_add_watch(file, ".", IN_CREATE) >= 0);
    ready();
    close(open("made", O_CREAT | O_WRONLY, 0644));
    CHECK(read(file, event, sizeof event) > 0);
    unlink("made");
}

static void process_file(void) {
    siginfo_t info;
    pid_t child = idle_child();
    int file = syscall(SYS_pidfd_open, child, 0), self = syscall(SYS_pidfd_open, getpid(), 0);
    MUST(self >= 0 && file >= 0);
    ready();
    CHECK(syscall(SYS_pidfd_send_signal, self, 0, NULL, 0) == 0);
    CHECK(syscall(SYS_pidfd_send_signal, file, SIGKILL, NULL, 0) == 0);
    CHECK(waitid(P_PIDFD, file, &info, WEXITED) == 0 && info.si_pid == child);
}

static void file_of_an_ended_process(void) {
    pid_t child = idle_child();
    int file = syscall(SYS_pidfd_open, child, 0);
    MUST(file >= 0 && kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
    ready();
    CHECK(syscall(SYS_pidfd_send_signal, file, 0, NULL, 0) < 0 && errno == ESRCH);
}

static void shared_counter(void) {
    eventfd_t value;
    int counter = eventfd(5, EFD_NONBLOCK);
    pid_t child = idle_child();
    ready();
    CHECK(eventfd_read(counter, &value) == 0 && value == 5);
    CHECK(kill(child, SIGKILL) == 0);
}

const struct kind signal_kinds[] = {
    {"pending", "pending signals with their data", pending},
    {"actions", "handlers, mask, alternate stack", actions},
    {"itimers", "timers of setitimer", interval_timers},
    {"posix-timers", "timers of timer_create", posix_timers},
    {"eventfd", "eventfd", event_counter},
    {"eventfd-child", "eventfd that a child has too", shared_counter},
    {"timerfd", "timerfd", timer_file},
    {"signalfd", "signalfd", signal_file},
    {"epoll", "epoll", watcher},
    {"inotify", "inotify", watched_directory},
    {"pidfd", "pidfd of itself and of a child", process_file},
    {"pidfd-ended", "pidfd of a process that has ended", file_of_an_ended_process},
    {NULL, NULL, NULL},
};
