/* What processes and threads are: relations, ids, limits, scheduling. */
#include "resources.h"
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <sys/fsuid.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define THREADS 8

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t go = PTHREAD_COND_INITIALIZER;
static int going, begun;
static __thread int own;

static void *thread(void *argument) {
    long number = (long) argument;
    char name[16], found[17] = "";
    sigset_t mask;
    snprintf(name, sizeof name, "worker %ld", number);
    prctl(PR_SET_NAME, name);
    prctl(PR_SET_TIMERSLACK, 1000 + number);
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    sigaddset(&mask, SIGRTMIN + number);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    own = 100 + number;
    int id = gettid();
    pthread_mutex_lock(&mutex);
    begun++;
    while (!going) {
        pthread_cond_wait(&go, &mutex);
    }
    pthread_mutex_unlock(&mutex);
    prctl(PR_GET_NAME, found);
    CHECK(strcmp(name, found) == 0);
    CHECK(prctl(PR_GET_TIMERSLACK) == 1000 + number);
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    CHECK(sigismember(&mask, SIGRTMIN + number) && !sigismember(&mask, SIGRTMIN + number + 1));
    CHECK(own == 100 + number && id == gettid());
    return argument;
}

static void threads(void) {
    pthread_t all[THREADS];
    for (long i = 0; i < THREADS; i++) {
        MUST(pthread_create(&all[i], NULL, thread, (void *) i) == 0);
    }
    while (__atomic_load_n(&begun, __ATOMIC_SEQ_CST) < THREADS) {
        usleep(1000);
    }
    ready();
    pthread_mutex_lock(&mutex);
    going = 1;
    pthread_cond_broadcast(&go);
    pthread_mutex_unlock(&mutex);
    for (long i = 0; i < THREADS; i++) {
        void *result = NULL;
        CHECK(pthread_join(all[i], &result) == 0 && result == (void *) i);
    }
}

static void *dies_with_it(void *robust) {
    pthread_mutex_lock(robust);
    __atomic_store_n(&begun, 1, __ATOMIC_SEQ_CST);
    pthread_mutex_lock(&mutex);
    while (!going) {
        pthread_cond_wait(&go, &mutex);
    }
    pthread_mutex_unlock(&mutex);
    return NULL;
}

static void robust_mutex(void) {
    static pthread_mutex_t robust;
    pthread_mutexattr_t kind;
    pthread_t owner;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&robust, &kind);
    MUST(pthread_create(&owner, NULL, dies_with_it, &robust) == 0);
    while (!__atomic_load_n(&begun, __ATOMIC_SEQ_CST)) {
        usleep(1000);
    }
    ready();
    CHECK(pthread_mutex_trylock(&robust) == EBUSY);
    pthread_mutex_lock(&mutex);
    going = 1;
    pthread_cond_broadcast(&go);
    pthread_mutex_unlock(&mutex);
    pthread_join(owner, NULL);
    CHECK(pthread_mutex_lock(&robust) == EOWNERDEAD);
}

/* glibc registers a restartable sequence for each thread: its area tells the processor. */
static void restartable_sequence(void) {
    extern const ptrdiff_t __rseq_offset __attribute__((weak));
    extern const unsigned __rseq_size __attribute__((weak));
    MUST(&__rseq_size && __rseq_size > 0);
    volatile int *processor = (int *) ((char *) __builtin_thread_pointer() + __rseq_offset + 4);
    MUST(*processor >= 0);
    ready();
    *processor = -5;
    usleep(20000);
    CHECK(*processor >= 0);
}

static void family(void) {
    int status;
    pid_t child = idle_child(), group = idle_child(), session = fork();
    if (session == 0) {
        setsid();
        raise(SIGSTOP);
        _exit(24);
    }
    MUST(setpgid(group, group) == 0 && waitpid(session, &status, WUNTRACED) == session);
    pid_t parent = getppid();
    ready();
    CHECK(kill(child, 0) == 0 && kill(-group, 0) == 0);
    CHECK(getpgid(child) == getpgrp() && getpgid(group) == group && getsid(group) == getsid(0));
    CHECK(getsid(session) == session && getppid() == parent);
    CHECK(waitpid(-1, &status, WNOHANG) == 0);
    kill(session, SIGCONT);
    CHECK(waitpid(session, &status, 0) == session && WIFEXITED(status) && WEXITSTATUS(status) == 24);
    kill(-group, SIGTERM);
    CHECK(waitpid(group, &status, 0) == group && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    kill(child, SIGKILL);
    CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    CHECK(waitpid(-1, &status, WNOHANG) < 0 && errno == ECHILD);
}

static void zombie(void) {
    siginfo_t info;
    int status;
    pid_t child = fork();
    if (child == 0) {
        _exit(23);
    }
    MUST(waitid(P_PID, child, &info, WEXITED | WNOWAIT) == 0);
    ready();
    CHECK(waitid(P_PID, child, &info, WEXITED | WNOWAIT) == 0 && info.si_code == CLD_EXITED && info.si_status == 23);
    CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 23);
    CHECK(waitpid(child, &status, 0) < 0 && errno == ECHILD);
}

/* The parent of a child ends, and this process adopts the child. */
static void adopted_child(void) {
    int status, ends[2];
    pid_t orphan;
    MUST(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0 && pipe(ends) == 0);
    pid_t between = fork();
    if (between == 0) {
        pid_t made = fork();
        if (made == 0) {
            while (1) {
                pause();
            }
        }
        write(ends[1], &made, sizeof made);
        _exit(0);
    }
    MUST(read(ends[0], &orphan, sizeof orphan) == sizeof orphan && waitpid(between, &status, 0) == between);
    close(ends[0]);
    close(ends[1]);
    ready();
    int reaper = 0;
    CHECK(prctl(PR_GET_CHILD_SUBREAPER, &reaper) == 0 && reaper == 1);
    CHECK(waitpid(orphan, &status, WNOHANG) == 0);
    kill(orphan, SIGKILL);
    CHECK(waitpid(orphan, &status, 0) == orphan && WTERMSIG(status) == SIGKILL);
}

static void credentials(void) {
    gid_t groups[] = {7, 9, 1000}, found[10], group[3];
    uid_t user[3];
    MUST(chmod(".", 0777) == 0);
    MUST(setgroups(3, groups) == 0 && setresgid(1001, 1002, 1003) == 0);
    prctl(PR_SET_KEEPCAPS, 1);
    MUST(setresuid(1000, 1000, 1000) == 0);
    prctl(PR_SET_DUMPABLE, 1);
    setfsgid(1003);
    ready();
    CHECK(getresuid(&user[0], &user[1], &user[2]) == 0 && user[0] == 1000 && user[1] == 1000 && user[2] == 1000);
    CHECK(getresgid(&group[0], &group[1], &group[2]) == 0 && group[0] == 1001 && group[1] == 1002 && group[2] == 1003);
    CHECK(setfsgid(-1) == 1003 && setfsuid(-1) == 1000);
    CHECK(getgroups(10, found) == 3 && memcmp(groups, found, sizeof groups) == 0);
    CHECK(kill(1, 0) < 0 && errno == EPERM);
}

static void capabilities(void) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct before[2], after[2];
    MUST(prctl(PR_CAPBSET_DROP, CAP_MKNOD, 0, 0, 0) == 0);
    MUST(syscall(SYS_capget, &header, before) == 0);
    before[0].effective &= ~(1u << CAP_CHOWN);
    before[0].inheritable = 1u << CAP_NET_RAW;
    MUST(syscall(SYS_capset, &header, before) == 0);
    MUST(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0) == 0);
    ready();
    CHECK(syscall(SYS_capget, &header, after) == 0 && memcmp(before, after, sizeof before) == 0);
    CHECK(prctl(PR_CAPBSET_READ, CAP_MKNOD) == 0 && prctl(PR_CAPBSET_READ, CAP_CHOWN) == 1);
    CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_NET_RAW, 0, 0) == 1);
}

static void secure_bits(void) {
    int bits = SECBIT_NO_SETUID_FIXUP | SECBIT_KEEP_CAPS | SECBIT_NOROOT_LOCKED;
    MUST(prctl(PR_SET_SECUREBITS, bits) == 0);
    ready();
    CHECK(prctl(PR_GET_SECUREBITS) == bits);
}

static void no_new_privileges(void) {
    MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_DUMPABLE, 0) == 0);
    ready();
    CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 && prctl(PR_GET_DUMPABLE) == 0);
}

static void seccomp_filter(void) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpriority, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 77),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {sizeof code / sizeof *code, code};
    MUST(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0);
    ready();
    errno = 0;
    CHECK(getpriority(PRIO_PROCESS, 0) < 0 && errno == 77);
}

static void limits(void) {
    struct rlimit now;
    struct {
        int kind;
        struct rlimit limit;
    } set[] = {{RLIMIT_CORE, {111, 222}},           {RLIMIT_NOFILE, {100, 300}},  {RLIMIT_STACK, {1 << 21, 1 << 24}},
               {RLIMIT_MSGQUEUE, {111, 222}},       {RLIMIT_FSIZE, {1 << 20, 1 << 21}},
               {RLIMIT_CPU, {1000, RLIM_INFINITY}}, {RLIMIT_MEMLOCK, {4096, 8192}}};
    for (unsigned i = 0; i < sizeof set / sizeof *set; i++) {
        MUST(setrlimit(set[i].kind, &set[i].limit) == 0);
    }
    ready();
    for (unsigned i = 0; i < sizeof set / sizeof *set; i++) {
        CHECK(getrlimit(set[i].kind, &now) == 0 && now.rlim_cur == set[i].limit.rlim_cur &&
              now.rlim_max == set[i].limit.rlim_max);
    }
}

static long number_in(const char *file) {
    long number = -12345;
    FILE *in = fopen(file, "r");
    if (in) {
        CHECK(fscanf(in, "%ld", &number) == 1);
        fclose(in);
    }
    return number;
}

static void oom_score(void) {
    int file = open("/proc/self/oom_score_adj", O_WRONLY);
    MUST(file >= 0 && write(file, "321", 3) == 3 && close(file) == 0);
    ready();
    CHECK(number_in("/proc/self/oom_score_adj") == 321);
}

static void scheduling(void) {
    struct sched_param none = {0};
    cpu_set_t before, after;
    MUST(sched_setscheduler(0, SCHED_BATCH | SCHED_RESET_ON_FORK, &none) == 0 && setpriority(PRIO_PROCESS, 0, 5) == 0);
    MUST(sched_getaffinity(0, sizeof before, &before) == 0);
    CPU_CLR(CPU_COUNT(&before) - 1, &before);
    MUST(sched_setaffinity(0, sizeof before, &before) == 0);
    ready();
    CHECK(sched_getscheduler(0) == (SCHED_BATCH | SCHED_RESET_ON_FORK) && getpriority(PRIO_PROCESS, 0) == 5);
    CHECK(sched_getaffinity(0, sizeof after, &after) == 0 && CPU_EQUAL(&before, &after));
}

static void real_time(void) {
    struct sched_param wanted = {.sched_priority = 7}, now;
    MUST(sched_setscheduler(0, SCHED_RR, &wanted) == 0);
    ready();
    CHECK(sched_getscheduler(0) == SCHED_RR && sched_getparam(0, &now) == 0 && now.sched_priority == 7);
}

static void input_priority(void) {
    MUST(syscall(SYS_ioprio_set, 1, 0, (2 << 13) | 6) == 0);
    ready();
    CHECK(syscall(SYS_ioprio_get, 1, 0) == ((2 << 13) | 6));
}

static void odds(void) {
    char name[17] = "";
    int death = 0;
    MUST(prctl(PR_SET_NAME, "od) d (n") == 0 && prctl(PR_SET_TIMERSLACK, 123456) == 0);
    MUST(prctl(PR_SET_PDEATHSIG, SIGRTMIN + 5) == 0 && prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0);
    MUST(personality(ADDR_COMPAT_LAYOUT | UNAME26) >= 0);
    umask(031);
    ready();
    prctl(PR_GET_NAME, name);
    prctl(PR_GET_PDEATHSIG, &death);
    CHECK(strcmp(name, "od) d (n") == 0 && prctl(PR_GET_TIMERSLACK) == 123456);
    CHECK(death == SIGRTMIN + 5 && prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) == 1);
    CHECK(personality(0xffffffff) == (ADDR_COMPAT_LAYOUT | UNAME26));
    CHECK(umask(0) == 031);
}

static void directories(void) {
    struct stat before, after;
    MUST(mkdir("place", 0755) == 0 || errno == EEXIST);
    MUST(chdir("place") == 0 && stat(".", &before) == 0);
    ready();
    CHECK(stat(".", &after) == 0 && before.st_ino == after.st_ino);
    CHECK(stat("../place", &after) == 0 && before.st_ino == after.st_ino);
}

static void root_directory(void) {
    struct stat before, after;
    MUST(mkdir("root", 0755) == 0 || errno == EEXIST);
    MUST(mkdir("root/inside", 0755) == 0 || errno == EEXIST);
    MUST(chroot("root") == 0 && chdir("/inside") == 0 && stat("/inside", &before) == 0);
    ready();
    CHECK(stat("/inside", &after) == 0 && before.st_ino == after.st_ino);
    CHECK(stat("..", &before) == 0 && stat("/", &after) == 0 && before.st_ino == after.st_ino);
    CHECK(access("/etc", F_OK) < 0);
}

static void deleted_directory(void) {
    MUST(mkdir("gone", 0755) == 0 && chdir("gone") == 0 && rmdir("../gone") == 0);
    ready();
    char place[100];
    CHECK(getcwd(place, sizeof place) == NULL && errno == ENOENT);
}

static void name_space(void) {
    char name[70] = "";
    MUST(unshare(CLONE_NEWUTS) == 0 && sethostname("elsewhere", 9) == 0);
    ready();
    CHECK(gethostname(name, sizeof name) == 0 && strcmp(name, "elsewhere") == 0);
}

static void traced_child(void) {
    int status;
    pid_t child = idle_child();
    MUST(syscall(SYS_ptrace, 0x4206, child, 0, 0) == 0); /* PTRACE_SEIZE */
    ready();
    CHECK(syscall(SYS_ptrace, 0x4207, child, 0, 0) == 0); /* PTRACE_INTERRUPT */
    CHECK(waitpid(child, &status, __WALL) == child && WIFSTOPPED(status));
}

const struct kind process_kinds[] = {
    {"threads", "8 threads: names, masks, timer slack, thread-local storage", threads},
    {"robust-list", "robust mutex that another thread holds", robust_mutex},
    {"rseq", "restartable sequence (rseq)", restartable_sequence},
    {"family", "children in groups and a session of their own, one stopped", family},
    {"zombie", "zombie", zombie},
    {"adopted", "child whose parent has ended, adopted by a subreaper", adopted_child},
    {"credentials", "users, groups, users of the file system", credentials},
    {"capabilities", "five sets of capabilities", capabilities},
    {"securebits", "securebits", secure_bits},
    {"no-new-privs", "no_new_privs, dumpable", no_new_privileges},
    {"seccomp", "seccomp filter of its own", seccomp_filter},
    {"limits", "limits (setrlimit)", limits},
    {"oom-score", "oom_score_adj", oom_score},
    {"scheduling", "policy, nice, affinity", scheduling},
    {"real-time", "real-time scheduling", real_time},
    {"io-priority", "priority of input and output", input_priority},
    {"odds", "name, timer slack, death signal, personality, umask", odds},
    {"directory", "working directory", directories},
    {"root", "root directory of its own", root_directory},
    {"deleted-directory", "deleted working directory", deleted_directory},
    {"name-space", "name space of its own", name_space},
    {"tracer", "child that it traces", traced_child},
    {NULL, NULL, NULL},
};
