/* Open files, their locks, pipes, terminals, and what System V and POSIX share. */
#include "resources.h"
#include <dirent.h>
#include <linux/aio_abi.h>
#include <linux/io_uring.h>
#include <mqueue.h>
#include <poll.h>
#include <pty.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/shm.h>
#include <termios.h>

static void regular(void) {
    char bytes[PAGE];
    int file = written("regular", 3 * PAGE, 1), only = open("regular", O_RDONLY | O_CLOEXEC | O_NOATIME);
    MUST(lseek(file, PAGE + 1, SEEK_SET) == PAGE + 1 && lseek(only, 7, SEEK_SET) == 7);
    int sync = open("regular", O_WRONLY | O_DSYNC | O_NONBLOCK);
    ready();
    CHECK(lseek(file, 0, SEEK_CUR) == PAGE + 1 && lseek(only, 0, SEEK_CUR) == 7);
    CHECK(pread(only, bytes, PAGE, 0) == PAGE && filled(bytes, PAGE, 1));
    CHECK((fcntl(only, F_GETFL) & (O_ACCMODE | O_NOATIME)) == (O_RDONLY | O_NOATIME));
    CHECK(fcntl(only, F_GETFD) == FD_CLOEXEC && fcntl(file, F_GETFD) == 0);
    CHECK((fcntl(sync, F_GETFL) & (O_ACCMODE | O_DSYNC | O_NONBLOCK)) == (O_WRONLY | O_DSYNC | O_NONBLOCK));
    CHECK(write(only, "x", 1) < 0 && errno == EBADF);
}

static void appending(void) {
    int file = written("appended", 10, 2), end = open("appended", O_WRONLY | O_APPEND);
    ready();
    off_t before = lseek(file, 0, SEEK_END);
    CHECK(write(end, "x", 1) == 1 && lseek(file, 0, SEEK_END) == before + 1);
    CHECK(fcntl(end, F_GETFL) & O_APPEND);
}

static void by_path(void) {
    struct stat status;
    close(written("path", 10, 3));
    int file = open("path", O_PATH);
    char name[40], byte;
    ready();
    CHECK(fstat(file, &status) == 0 && status.st_size == 10);
    CHECK(read(file, &byte, 1) < 0 && errno == EBADF);
    snprintf(name, sizeof name, "/proc/self/fd/%d", file);
    int again = open(name, O_RDONLY);
    CHECK(again >= 0 && read(again, &byte, 1) == 1);
}

static void duplicated(void) {
    int file = written("duplicated", 100, 4), twin = dup(file), apart = open("duplicated", O_RDWR);
    MUST(lseek(file, 10, SEEK_SET) == 10 && dup2(file, 77) == 77);
    ready();
    CHECK(lseek(77, 5, SEEK_CUR) == 15 && lseek(file, 0, SEEK_CUR) == 15 && lseek(twin, 0, SEEK_CUR) == 15);
    CHECK(lseek(apart, 0, SEEK_CUR) == 0);
}

/* The child moves the offset that both have, and ends. */
static void offset_of_two(void) {
    int file = written("forked", 100, 5), ends[2];
    MUST(lseek(file, 10, SEEK_SET) == 10 && pipe(ends) == 0);
    pid_t child = fork();
    if (child == 0) {
        char go;
        close(ends[1]);
        read(ends[0], &go, 1);
        lseek(file, 20, SEEK_CUR);
        _exit(0);
    }
    close(ends[0]);
    ready();
    close(ends[1]);
    CHECK(waitpid(child, NULL, 0) == child);
    CHECK(lseek(file, 0, SEEK_CUR) == 30);
}

static void directory(void) {
    char name[20];
    int count = 0;
    struct dirent *entry;
    MUST(mkdir("entries", 0755) == 0 || errno == EEXIST);
    for (int i = 0; i < 2000; i++) {
        snprintf(name, sizeof name, "entries/%04d", i);
        close(open(name, O_WRONLY | O_CREAT, 0644));
    }
    DIR *entries = opendir("entries");
    for (int i = 0; i < 1000; i++) {
        MUST((entry = readdir(entries)) != NULL);
        count += entry->d_name[0] != '.';
    }
    ready();
    while ((entry = readdir(entries))) {
        count += entry->d_name[0] != '.';
    }
    CHECK(count == 2000);
}

static void deleted(void) {
    char bytes[2 * PAGE];
    int file = written("deleted", 2 * PAGE, 6), reader = open("deleted", O_RDONLY);
    MUST(unlink("deleted") == 0 && ftruncate(file, 1 << 20) == 0 && fchmod(file, 0600) == 0);
    MUST(lseek(file, 123, SEEK_SET) == 123 && lseek(reader, 5, SEEK_SET) == 5);
    ready();
    struct stat status;
    CHECK(fstat(file, &status) == 0 && status.st_size == 1 << 20 && status.st_nlink == 0);
    CHECK((status.st_mode & 07777) == 0600);
    CHECK(pread(reader, bytes, sizeof bytes, 0) == sizeof bytes && filled(bytes, sizeof bytes, 6));
    CHECK(lseek(file, 0, SEEK_CUR) == 123 && lseek(reader, 0, SEEK_CUR) == 5);
    CHECK(write(file, "there", 5) == 5 && pread(reader, bytes, 5, 123) == 5 && memcmp(bytes, "there", 5) == 0);
    CHECK(write(reader, "x", 1) < 0 && errno == EBADF);
}

static void deleted_of_two(void) {
    char byte = 0;
    int file = written("deleted-two", PAGE, 7);
    unlink("deleted-two");
    pid_t child = fork();
    if (child == 0) {
        while (pread(file, &byte, 1, PAGE) != 1) {
            usleep(1000);
        }
        _exit(byte);
    }
    ready();
    int status;
    CHECK(pwrite(file, "k", 1, PAGE) == 1);
    CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 'k');
}

static void nameless(void) {
    char bytes[PAGE];
    int file = open(".", O_TMPFILE | O_RDWR, 0640);
    fill(bytes, sizeof bytes, 8);
    MUST(file >= 0 && write(file, bytes, PAGE) == PAGE);
    ready();
    memset(bytes, 0, sizeof bytes);
    CHECK(pread(file, bytes, PAGE, 0) == PAGE && filled(bytes, PAGE, 8));
    CHECK(lseek(file, 0, SEEK_CUR) == PAGE);
}

/* Tells whether a child, which has no locks, could lock a byte. */
static int free_for_others(const char *name, long byte, int kind) {
    int status;
    pid_t child = fork();
    if (child == 0) {
        struct flock lock = {.l_type = kind, .l_start = byte, .l_len = 1};
        int file = open(name, O_RDWR);
        _exit(fcntl(file, F_SETLK, &lock) == 0 ? 1 : 0);
    }
    MUST(waitpid(child, &status, 0) == child);
    return WEXITSTATUS(status);
}

static void lock_parts(int file, int command) {
    struct flock lock = {.l_type = F_WRLCK, .l_start = 10, .l_len = 5};
    MUST(fcntl(file, command, &lock) == 0);
    lock = (struct flock){.l_type = F_RDLCK, .l_start = 100, .l_len = 0};
    MUST(fcntl(file, command, &lock) == 0);
}

static void check_parts(const char *name) {
    CHECK(free_for_others(name, 9, F_WRLCK) && free_for_others(name, 15, F_WRLCK));
    CHECK(!free_for_others(name, 10, F_RDLCK) && !free_for_others(name, 14, F_RDLCK));
    CHECK(!free_for_others(name, 5000, F_WRLCK) && free_for_others(name, 5000, F_RDLCK));
}

static void record_locks(void) {
    lock_parts(written("records", 1000, 9), F_SETLK);
    ready();
    check_parts("records");
}

static void description_locks(void) {
    int file = written("descriptions", 1000, 10);
    lock_parts(file, F_OFD_SETLK);
    ready();
    check_parts("descriptions");
    close(file);
    CHECK(free_for_others("descriptions", 10, F_WRLCK));
}

/* Another process waits for the lock. */
static void wanted_lock(void) {
    struct flock lock = {.l_type = F_WRLCK};
    int file = written("wanted", 1000, 11), status;
    MUST(fcntl(file, F_SETLK, &lock) == 0);
    pid_t child = fork();
    if (child == 0) {
        int own = open("wanted", O_RDWR);
        _exit(fcntl(own, F_SETLKW, &lock) == 0 ? 9 : 8);
    }
    usleep(20000);
    ready();
    CHECK(waitpid(child, &status, WNOHANG) == 0);
    lock.l_type = F_UNLCK;
    CHECK(fcntl(file, F_SETLK, &lock) == 0);
    CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 9);
}

static void whole_lock(void) {
    int file = written("whole", 10, 12), other = open("whole", O_RDWR);
    MUST(flock(file, LOCK_EX) == 0);
    ready();
    CHECK(flock(other, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK);
    CHECK(flock(file, LOCK_UN) == 0 && flock(other, LOCK_EX | LOCK_NB) == 0);
}

static void lease(void) {
    int file = written("leased", 10, 13);
    MUST(fcntl(file, F_SETLEASE, F_WRLCK) == 0);
    ready();
    CHECK(fcntl(file, F_GETLEASE) == F_WRLCK);
}

static void pipe_with_content(void) {
    char bytes[50000];
    int ends[2];
    MUST(pipe(ends) == 0 && fcntl(ends[1], F_SETPIPE_SZ, 1 << 17) == 1 << 17);
    fill(bytes, sizeof bytes, 14);
    MUST(write(ends[1], bytes, sizeof bytes) == sizeof bytes);
    ready();
    memset(bytes, 0, sizeof bytes);
    for (size_t got = 0; got < sizeof bytes;) {
        ssize_t count = read(ends[0], bytes + got, sizeof bytes - got);
        MUST(count > 0);
        got += count;
    }
    CHECK(filled(bytes, sizeof bytes, 14));
    CHECK(write(ends[1], "x", 1) == 1 && read(ends[0], bytes, 10) == 1);
    close(ends[1]);
    CHECK(read(ends[0], bytes, 10) == 0);
}

static void pipe_to_child(void) {
    int there[2], back[2];
    char byte = 0;
    MUST(pipe(there) == 0 && pipe(back) == 0);
    pid_t child = fork();
    if (child == 0) {
        close(there[1]);
        close(back[0]);
        while (read(there[0], &byte, 1) == 1) {
            byte++;
            write(back[1], &byte, 1);
        }
        _exit(0);
    }
    close(there[0]);
    close(back[1]);
    MUST(write(there[1], "a", 1) == 1);
    ready();
    CHECK(write(there[1], "k", 1) == 1);
    CHECK(read(back[0], &byte, 1) == 1 && byte == 'b' && read(back[0], &byte, 1) == 1 && byte == 'l');
    close(there[1]);
    CHECK(read(back[0], &byte, 1) == 0 && waitpid(child, NULL, 0) == child);
}

static void named_pipe(void) {
    char bytes[10];
    MUST(mkfifo("fifo", 0600) == 0);
    int reader = open("fifo", O_RDONLY | O_NONBLOCK), writer = open("fifo", O_WRONLY);
    MUST(reader >= 0 && writer >= 0 && write(writer, "held", 4) == 4);
    ready();
    struct pollfd end = {.fd = reader, .events = POLLIN};
    CHECK(poll(&end, 1, 2000) == 1 && read(reader, bytes, 10) == 4 && memcmp(bytes, "held", 4) == 0);
    CHECK(read(reader, bytes, 10) < 0 && errno == EAGAIN);
    CHECK(write(writer, "more", 4) == 4 && poll(&end, 1, 2000) == 1 && read(reader, bytes, 10) == 4);
    close(writer);
    CHECK(poll(&end, 1, 2000) == 1 && read(reader, bytes, 10) == 0);
}

static void devices(void) {
    char bytes[8] = "xxxxxxx";
    int zero = open("/dev/zero", O_RDONLY), null = open("/dev/null", O_RDWR), full = open("/dev/full", O_WRONLY);
    int random = open("/dev/urandom", O_RDONLY);
    ready();
    CHECK(read(zero, bytes, 8) == 8 && bytes[3] == 0);
    CHECK(read(null, bytes, 8) == 0 && write(null, bytes, 8) == 8);
    CHECK(write(full, bytes, 8) < 0 && errno == ENOSPC && read(random, bytes, 8) == 8);
}

static void kernel_file(void) {
    char bytes[100];
    int file = open("/proc/self/status", O_RDONLY);
    ready();
    CHECK(read(file, bytes, sizeof bytes) > 0);
}

static void terminal(void) {
    int master, slave;
    char bytes[20];
    struct termios settings;
    MUST(openpty(&master, &slave, NULL, NULL, NULL) == 0 && tcgetattr(slave, &settings) == 0);
    cfmakeraw(&settings);
    MUST(tcsetattr(slave, TCSANOW, &settings) == 0 && write(master, "typed", 5) == 5);
    ready();
    CHECK(tcgetattr(slave, &settings) == 0 && !(settings.c_lflag & ECHO));
    CHECK(read(slave, bytes, 20) == 5 && write(slave, "said", 4) == 4 && read(master, bytes, 20) == 4);
}

static void asynchronous(void) {
    int ends[2];
    siginfo_t info;
    sigset_t mask;
    struct timespec limit = {2, 0};
    sigemptyset(&mask);
    sigaddset(&mask, SIGIO);
    sigprocmask(SIG_BLOCK, &mask, NULL);
    MUST(pipe(ends) == 0 && fcntl(ends[0], F_SETOWN, getpid()) == 0);
    MUST(fcntl(ends[0], F_SETFL, O_ASYNC) == 0);
    ready();
    CHECK(write(ends[1], "x", 1) == 1 && sigtimedwait(&mask, &info, &limit) == SIGIO);
}

static void queue(void) {
    char name[40], message[100];
    struct mq_attr size = {.mq_maxmsg = 4, .mq_msgsize = 100};
    snprintf(name, sizeof name, "/resources-%d", getpid());
    mqd_t messages = mq_open(name, O_RDWR | O_CREAT, 0600, &size);
    MUST(messages >= 0 && mq_unlink(name) == 0 && mq_send(messages, "first", 5, 3) == 0);
    ready();
    unsigned priority = 0;
    CHECK(mq_receive(messages, message, sizeof message, &priority) == 5 && priority == 3);
}

static void segment(void) {
    int number = shmget(IPC_PRIVATE, 4 * PAGE, 0600 | IPC_CREAT);
    char *at = shmat(number, NULL, 0);
    MUST(number >= 0 && at != (void *) -1 && shmctl(number, IPC_RMID, NULL) == 0);
    fill(at, 2 * PAGE, 15);
    ready();
    CHECK(filled(at, 2 * PAGE, 15));
    at[3 * PAGE] = 'x';
    CHECK(at[3 * PAGE] == 'x');
}

static void ring(void) {
    struct io_uring_params parameters = {0};
    int file = syscall(SYS_io_uring_setup, 4, &parameters);
    MUST(file >= 0);
    ready();
    CHECK(syscall(SYS_io_uring_enter, file, 0, 0, 0, NULL, 0) == 0);
}

static void asynchronous_input(void) {
    aio_context_t context = 0;
    MUST(syscall(SYS_io_setup, 4, &context) == 0);
    ready();
    CHECK(syscall(SYS_io_destroy, context) == 0);
}

const struct kind file_kinds[] = {
    {"regular", "regular file: offset and flags", regular},
    {"append", "regular file with O_APPEND", appending},
    {"path", "file with O_PATH", by_path},
    {"dup", "offset that descriptors share (dup)", duplicated},
    {"offset-child", "offset shared with a child", offset_of_two},
    {"directory-read", "directory that is being read", directory},
    {"deleted", "deleted file", deleted},
    {"deleted-child", "deleted file that a child has too", deleted_of_two},
    {"tmpfile", "file of O_TMPFILE", nameless},
    {"record-locks", "locks on parts of a file (fcntl)", record_locks},
    {"ofd-locks", "locks of the open file (F_OFD_SETLK)", description_locks},
    {"wanted-lock", "lock that another process waits for", wanted_lock},
    {"flock", "lock of flock", whole_lock},
    {"lease", "lease", lease},
    {"pipe", "pipe with content, both ends", pipe_with_content},
    {"pipe-child", "pipes to a child and back", pipe_to_child},
    {"fifo", "named pipe with content, both ends", named_pipe},
    {"devices", "/dev/null, zero, full, urandom", devices},
    {"proc-file", "file of /proc", kernel_file},
    {"terminal", "pseudo terminal, both ends", terminal},
    {"async", "signal when a file is ready (O_ASYNC)", asynchronous},
    {"mqueue", "POSIX message queue", queue},
    {"sysv-removed", "System V shared memory, removed while attached", segment},
    {"io-uring", "io_uring", ring},
    {"aio", "asynchronous input and output (io_setup)", asynchronous_input},
    {NULL, NULL, NULL},
};
