/* Asks for its processor time in all ways, over and over, and says which went back. */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/resource.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { USER, SYSTEM, CHILDREN, CLOCK, PROCESS, TICKS, CHILD_TICKS, FAULTS, KINDS };

static const char *names[] = {"user", "system", "children", "clock", "process clock", "times", "times of children", "faults"};

static void ask(long now[]) {
    struct rusage self, children;
    struct timespec process;
    struct tms ticks;
    getrusage(RUSAGE_SELF, &self);
    getrusage(RUSAGE_CHILDREN, &children);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &process);
    times(&ticks);
    now[USER] = self.ru_utime.tv_sec * 1000000 + self.ru_utime.tv_usec;
    now[SYSTEM] = self.ru_stime.tv_sec * 1000000 + self.ru_stime.tv_usec;
    now[CHILDREN] = (children.ru_utime.tv_sec + children.ru_stime.tv_sec) * 1000000 + children.ru_utime.tv_usec
        + children.ru_stime.tv_usec;
    now[CLOCK] = clock();
    now[PROCESS] = process.tv_sec * 1000000000 + process.tv_nsec;
    now[TICKS] = ticks.tms_utime;
    now[CHILD_TICKS] = ticks.tms_cutime;
    now[FAULTS] = self.ru_maxrss > 0 ? 0 : -1;
}

static void burn(long micros) {
    clock_t end = clock() + micros;
    while (clock() < end) getppid();
}

int main(void) {
    long last[KINDS] = {0}, now[KINDS];
    if (fork() == 0) {
        burn(60000);
        _exit(0);
    }
    wait(0);
    for (int i = 0; i < 100; i++) {
        for (int k = 0; k < 3; k++) {
            ask(now);
            for (int kind = 0; kind < KINDS; kind++) {
                if (now[kind] < last[kind]) printf("%s went back from %ld to %ld\n", names[kind], last[kind], now[kind]);
                last[kind] = now[kind];
            }
        }
        burn(3000);
        printf("%d\n", i);
        fflush(stdout);
        usleep(20000);
    }
    return last[CHILDREN] < 50000 || last[CLOCK] < 300000 || last[USER] + last[SYSTEM] < 250000;
}
