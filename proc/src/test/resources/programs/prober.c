/* Asks and changes all kinds of priorities of a process and a thread of it, first as root, then as a user: prober PID TID USER. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define TRY(call) do { \
    errno = 0; \
    long result = call; \
    printf("%s = %ld %s\n", #call, result, errno ? strerrorname_np(errno) : ""); \
    fflush(stdout); \
} while (0)

struct attributes {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
    uint32_t least, most;
};

static int pid, tid, user, dead;
static struct attributes given, got;
static struct {
    unsigned size;
    char rest[4092];
} large;
static struct sched_param param;
static struct rlimit limit;
static struct timespec slice;

static int set_attributes(int id, int policy, int nice) {
    memset(&given, 0, sizeof given);
    given.size = 48;
    given.policy = policy;
    given.nice = nice;
    return syscall(SYS_sched_setattr, id, &given, 0);
}

static int get_attributes(int id, unsigned size) {
    memset(&got, 0x55, sizeof got);
    int result = syscall(SYS_sched_getattr, id, &got, size, 0);
    printf("attributes: size %u policy %u nice %d priority %u deadline %lx least %x\n", got.size, got.policy, got.nice,
           got.priority, (long) got.deadline, got.least);
    return result;
}

static void nice_values(void) {
    TRY(getpriority(PRIO_PROCESS, pid));
    TRY(getpriority(PRIO_PROCESS, tid));
    TRY(getpriority(PRIO_PGRP, pid));
    TRY(getpriority(PRIO_USER, user));
}

static void ask(void) {
    TRY(setpriority(PRIO_PROCESS, tid, 6)); nice_values();
    TRY(setpriority(PRIO_PGRP, pid, 8)); nice_values();
    TRY(setpriority(PRIO_USER, user, 9)); nice_values();
    TRY(setpriority(PRIO_PROCESS, pid, -7)); nice_values();
    TRY(setpriority(PRIO_PGRP, pid, -30)); nice_values();
    TRY(setpriority(PRIO_PGRP, pid, 30)); nice_values();
    TRY(getpriority(PRIO_PROCESS, dead));
    TRY(getpriority(PRIO_PGRP, dead));
    TRY(getpriority(PRIO_USER, 54321));
    TRY(getpriority(PRIO_USER, -1));
    TRY(setpriority(PRIO_PROCESS, dead, 3));
    TRY(setpriority(PRIO_PGRP, dead, 3));
    TRY(setpriority(PRIO_USER, 54321, 3));
    TRY(getpriority(3, pid));
    TRY(setpriority(-1, pid, 1));
    TRY(setpriority(PRIO_PGRP, -5, 1));
    TRY(syscall(SYS_ioprio_set, 1, pid, 2 << 13 | 6));
    TRY(syscall(SYS_ioprio_set, 1, tid, 2 << 13 | 5));
    TRY(syscall(SYS_ioprio_get, 1, pid));
    TRY(syscall(SYS_ioprio_get, 2, pid));
    TRY(syscall(SYS_ioprio_set, 2, pid, 2 << 13 | 3));
    TRY(syscall(SYS_ioprio_get, 1, tid));
    TRY(syscall(SYS_ioprio_set, 3, user, 2 << 13 | 4));
    TRY(syscall(SYS_ioprio_get, 3, user));
    TRY(syscall(SYS_ioprio_set, 1, pid, 1 << 13 | 4));
    TRY(syscall(SYS_ioprio_set, 1, pid, 2 << 13 | 4));
    TRY(syscall(SYS_ioprio_set, 1, pid, 9 << 13));
    TRY(syscall(SYS_ioprio_set, 2, dead, 9 << 13));
    TRY(syscall(SYS_ioprio_get, 0, pid));
    TRY(syscall(SYS_ioprio_get, 1, dead));
    TRY(syscall(SYS_ioprio_get, 2, dead));
    TRY(sched_getscheduler(pid));
    TRY(sched_getscheduler(tid));
    TRY(sched_getscheduler(dead));
    TRY(sched_setscheduler(tid, SCHED_BATCH, &param));
    TRY(sched_getscheduler(tid));
    TRY(sched_getscheduler(pid));
    param.sched_priority = 3;
    TRY(sched_setscheduler(pid, SCHED_BATCH, &param));
    TRY(sched_setscheduler(pid, SCHED_RR, &param));
    TRY(sched_getparam(pid, &param));
    TRY(sched_getparam(tid, NULL));
    TRY(sched_getparam(dead, NULL));
    TRY(sched_rr_get_interval(pid, &slice));
    TRY(sched_setparam(pid, (void *) 8));
    param.sched_priority = 0;
    TRY(sched_setscheduler(pid, SCHED_OTHER, &param));
    TRY(set_attributes(tid, SCHED_OTHER, 19));
    TRY(get_attributes(tid, sizeof got));
    TRY(get_attributes(pid, 48));
    TRY(get_attributes(pid, 47));
    TRY(get_attributes(pid, 5000));
    TRY(get_attributes(dead, sizeof got));
    TRY(set_attributes(pid, SCHED_OTHER, -3));
    TRY(set_attributes(pid, 99, 0));
    TRY(set_attributes(dead, SCHED_OTHER, 0));
    TRY(syscall(SYS_sched_setattr, pid, NULL, 0));
    TRY(syscall(SYS_sched_setattr, pid, &given, 1));
    memset(&large, 0, sizeof large);
    large.size = sizeof large;
    TRY(syscall(SYS_sched_setattr, pid, &large, 0));
    large.rest[sizeof large.rest - 1] = 1;
    TRY(syscall(SYS_sched_setattr, pid, &large, 0));
    given.size = 5000;
    TRY(syscall(SYS_sched_setattr, pid, &given, 0));
    TRY(syscall(SYS_sched_setattr, pid, (void *) 8, 0));
    TRY(syscall(SYS_sched_getaffinity, pid, 128, NULL));
    TRY(syscall(SYS_sched_setaffinity, pid, 128, NULL));
    TRY(syscall(SYS_sched_setaffinity, dead, 128, NULL));
    TRY(setpgid(pid, 0));
    TRY(setpgid(pid, getpgrp()));
    TRY(prlimit(pid, RLIMIT_NICE, NULL, &limit));
    printf("limit %ld %ld\n", (long) limit.rlim_cur, (long) limit.rlim_max);
    limit.rlim_cur = limit.rlim_max = 30;
    TRY(prlimit(pid, RLIMIT_NICE, &limit, NULL));
    TRY(prlimit(pid, 99, NULL, &limit));
    TRY(prlimit(pid, RLIMIT_NICE, (void *) 8, NULL));
    TRY(prlimit(dead, RLIMIT_NICE, NULL, &limit));
    nice_values();
}

int main(int argc, char **argv) {
    if (argc < 4) return 2;
    pid = atoi(argv[1]), tid = atoi(argv[2]), user = atoi(argv[3]), dead = pid + 7000;
    ask();
    setpriority(PRIO_PROCESS, 0, 0);
    if (setresgid(user, user, user) || setresuid(user, user, user)) return 3;
    printf("as a user\n");
    ask();
    TRY(setpriority(PRIO_PROCESS, pid, -10));
    TRY(setpriority(PRIO_PROCESS, pid, -11));
    return 0;
}
