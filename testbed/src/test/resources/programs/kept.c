/*
 * Gives itself all kinds of state, writes down what it finds of it, waits for the file "go", and writes it down again.
 * Arguments: how much it gives up: "rights" for capabilities and ids, "more" for no_new_privs and dumpable, too.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGES(n) ((n) * 65536)

static char alternate[65536];
static char *shared, *private, *anonymous;
static int directory, zeros, nowhere;

static void handler(int number) {
    (void) number;
}

static void credentials(FILE *out) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct sets[2];
    uid_t user[3];
    gid_t group[3], more[32];
    syscall(SYS_capget, &header, sets);
    for (int i = 0; i < 2; i++) {
        fprintf(out, "capabilities %x %x %x\n", sets[i].effective, sets[i].permitted, sets[i].inheritable);
    }
    for (int i = 0; i < 41; i++) {
        fprintf(out, "%d%d ", prctl(PR_CAPBSET_READ, i), prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0));
    }
    getresuid(&user[0], &user[1], &user[2]);
    getresgid(&group[0], &group[1], &group[2]);
    fprintf(out, "\nusers %d %d %d %d groups %d %d %d %d:", user[0], user[1], user[2], setfsuid(-1), group[0], group[1],
            group[2], setfsgid(-1));
    int count = getgroups(32, more);
    for (int i = 0; i < count; i++) {
        fprintf(out, " %d", more[i]);
    }
    fprintf(out, "\nsecurebits %x keep %d no new %d dumpable %d\n", prctl(PR_GET_SECUREBITS), prctl(PR_GET_KEEPCAPS),
            prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), prctl(PR_GET_DUMPABLE));
}

static void signals(FILE *out) {
    sigset_t mask, pending;
    stack_t stack;
    struct itimerval timer;
    struct sigaction action;
    sigprocmask(0, NULL, &mask);
    sigpending(&pending);
    for (int i = 1; i < 65; i++) {
        if (sigaction(i, NULL, &action) == 0) {
            fprintf(out, "%d:%d%d%d%x ", i, sigismember(&mask, i), sigismember(&pending, i),
                    action.sa_handler == SIG_DFL ? 0 : action.sa_handler == SIG_IGN ? 1 : 2, action.sa_flags);
        }
    }
    sigaltstack(NULL, &stack);
    fprintf(out, "\nstack %p %zu %x", stack.ss_sp, stack.ss_size, stack.ss_flags);
    for (int i = 0; i < 3; i++) {
        getitimer(i, &timer);
        fprintf(out, " timer %ld %d", timer.it_interval.tv_sec, timer.it_value.tv_sec > 0);
    }
}

static void odds(FILE *out) {
    int subreaper = 0, death = 0;
    char place[500], name[17] = "";
    void *robust = NULL;
    size_t length = 0;
    cpu_set_t cpus;
    mode_t mask = umask(0);
    umask(mask);
    prctl(PR_GET_CHILD_SUBREAPER, &subreaper);
    prctl(PR_GET_PDEATHSIG, &death);
    prctl(PR_GET_NAME, name);
    syscall(SYS_get_robust_list, 0, &robust, &length);
    sched_getaffinity(0, sizeof cpus, &cpus);
    fprintf(out, "\nsubreaper %d death %d slack %d personality %x name %s robust %p %zu heap %p\n", subreaper, death,
            prctl(PR_GET_TIMERSLACK), personality(0xffffffff), name, robust, length, sbrk(0));
    fprintf(out, "mask %o directory %s root %d nice %d policy %d io %ld cpus %d huge %d pid %d %d %d %d\n", mask,
            getcwd(place, sizeof place), access("/kept-root", F_OK), getpriority(0, 0), sched_getscheduler(0),
            syscall(SYS_ioprio_get, 1, 0), CPU_COUNT(&cpus), prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), getpid(), getppid(),
            getpgrp(), getsid(0));
    for (int i = 0; i < 16; i++) {
        struct rlimit limit;
        getrlimit(i, &limit);
        fprintf(out, "%lx/%lx ", limit.rlim_cur, limit.rlim_max);
    }
    fprintf(out, "\nposition %ld flags %x %x text %s %s %s\n", (long) lseek(directory, 0, SEEK_CUR),
            fcntl(zeros, F_GETFL), fcntl(nowhere, F_GETFL), shared, private, anonymous);
}

/* What the kernel says of each mapping: its advice and locks. Whether read-only memory is accounted depends on its past. */
static void mappings(FILE *out) {
    char line[500], range[40] = "";
    FILE *maps = fopen("/proc/self/smaps", "r");
    while (maps && fgets(line, sizeof line, maps)) {
        if (strchr("0123456789abcdef", line[0]) && strchr(line, '-')) {
            snprintf(range, sizeof range, "%.32s", strstr(line, "[v") || strstr(line, " r--p ") ? "" : line);
        } else if (range[0] && strncmp(line, "VmFlags", 7) == 0) {
            fprintf(out, "%s %s", range, line);
        }
    }
    if (maps) {
        fclose(maps);
    }
}

static void note(const char *file) {
    FILE *out = fopen(file, "w");
    credentials(out);
    signals(out);
    odds(out);
    mappings(out);
    fclose(out);
}

static void takeMemory(void) {
    int file = open("mapped", O_RDWR | O_CREAT | O_TRUNC, 0644);
    ftruncate(file, 8192);
    shared = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    strcpy(shared, "shared");
    private = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    strcpy(private, "private");
    close(file);
    anonymous = mmap(0, PAGES(16), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    strcpy(anonymous, "anonymous");
    mmap(0, PAGES(16), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    madvise(anonymous, PAGES(1), MADV_DONTFORK);
    madvise(anonymous + PAGES(1), PAGES(1), MADV_DONTDUMP);
    madvise(anonymous + PAGES(2), PAGES(1), MADV_WIPEONFORK);
    madvise(anonymous + PAGES(4), PAGES(1), MADV_SEQUENTIAL);
    madvise(anonymous + PAGES(6), PAGES(1), MADV_NOHUGEPAGE);
    mlock(anonymous + PAGES(8), 4096);
    mprotect(anonymous + PAGES(10), 4096, PROT_READ);
}

static void takeFiles(void) {
    char entries[300];
    directory = open("/etc", O_RDONLY | O_DIRECTORY);
    syscall(SYS_getdents64, directory, entries, sizeof entries);
    zeros = open("/dev/zero", O_RDONLY | O_NONBLOCK);
    nowhere = open("/dev/null", O_WRONLY | O_APPEND);
}

static void takeSignals(void) {
    stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART | SA_NODEFER};
    struct itimerval timer = {{3600, 0}, {3600, 0}};
    sigset_t mask;
    sigaltstack(&stack, NULL);
    sigaction(SIGUSR2, &action, NULL);
    action.sa_flags = SA_ONSTACK | SA_RESETHAND;
    sigaction(SIGHUP, &action, NULL);
    action.sa_flags = SA_NOCLDSTOP;
    sigaction(SIGCHLD, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGWINCH, &action, NULL);
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR2);
    sigaddset(&mask, SIGRTMIN + 2);
    sigaddset(&mask, SIGCHLD);
    sigprocmask(SIG_BLOCK, &mask, NULL);
    raise(SIGUSR2);
    kill(getpid(), SIGRTMIN + 2);
    setitimer(ITIMER_REAL, &timer, NULL);
    timer.it_interval.tv_sec = 7200;
    setitimer(ITIMER_VIRTUAL, &timer, NULL);
    setitimer(ITIMER_PROF, &timer, NULL);
}

/* Tells whether the kernel has this thread on one processor: those of other nodes bind it to none. */
static int boundToOne(void) {
    char line[256];
    int one = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status)) {
        if (!strncmp(line, "Cpus_allowed_list:", 18)) one = !strpbrk(line, "-,");
    }
    if (status) fclose(status);
    return one;
}

static void takeOdds(void) {
    struct sched_param none = {0};
    struct rlimit limit = {111, 222};
    cpu_set_t first;
    prctl(PR_SET_NAME, "od) d (n");
    prctl(PR_SET_TIMERSLACK, 123456);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
    personality(personality(0xffffffff) | ADDR_COMPAT_LAYOUT);
    setpriority(0, 0, 7);
    sched_setscheduler(0, SCHED_BATCH, &none);
    syscall(SYS_ioprio_set, 1, 0, (2 << 13) | 6);
    setrlimit(RLIMIT_MSGQUEUE, &limit);
    limit.rlim_cur = 100;
    limit.rlim_max = 300;
    setrlimit(RLIMIT_NOFILE, &limit);
    cpu_set_t all;
    sched_getaffinity(0, sizeof all, &all);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        CPU_ZERO(&first);
        CPU_SET(cpu, &first);
        if (CPU_ISSET(cpu, &all) && !sched_setaffinity(0, sizeof first, &first) && boundToOne()) break;
    }
    umask(031);
}

static void giveUpRights(int more) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct sets[2];
    gid_t groups[] = {7, 9, 1000};
    setgroups(3, groups);
    prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP | SECBIT_KEEP_CAPS);
    setresgid(1001, 1002, 1001);
    setresuid(1000, 1000, 1000);
    syscall(SYS_capget, &header, sets);
    sets[0].effective &= ~((1u << CAP_CHOWN) | (1u << CAP_MKNOD));
    sets[0].permitted &= ~(1u << CAP_MKNOD);
    sets[0].inheritable = 1u << CAP_NET_RAW;
    syscall(SYS_capset, &header, sets);
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0);
    prctl(PR_CAPBSET_DROP, CAP_MKNOD, 0, 0, 0);
    prctl(PR_SET_DUMPABLE, more ? 0 : 1);
    prctl(PR_SET_NO_NEW_PRIVS, more, 0, 0, 0);
}

int main(int argc, char **argv) {
    int status;
    siginfo_t end;
    takeMemory();
    takeFiles();
    takeSignals();
    takeOdds();
    pid_t zombie = fork();
    if (zombie == 0) {
        _exit(23);
    }
    waitid(P_PID, zombie, &end, WEXITED | WNOWAIT);
    pid_t stopped = fork();
    if (stopped == 0) {
        raise(SIGSTOP);
        _exit(24);
    }
    waitpid(stopped, &status, WUNTRACED);
    chmod(".", 0777);
    if (argc > 1) {
        giveUpRights(strcmp(argv[1], "more") == 0);
    }
    prctl(PR_SET_PDEATHSIG, SIGRTMIN + 5);
    note("before");
    puts("ready");
    fflush(stdout);
    while (access("go", F_OK)) {
        usleep(20000);
    }
    note("after");
    if (waitpid(zombie, &status, WNOHANG) != zombie || WEXITSTATUS(status) != 23) {
        return 1;
    }
    if (waitpid(stopped, &status, WUNTRACED | WNOHANG) != 0) {
        return 2;
    }
    kill(stopped, SIGCONT);
    if (waitpid(stopped, &status, 0) != stopped || WEXITSTATUS(status) != 24) {
        return 3;
    }
    strcpy(shared + 100, "written there");
    printf("%s\n", private);
    return 5;
}
