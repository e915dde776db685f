/*
 * Holds locks of all kinds and a guard page, and looks again and again whether they are there, in the eyes of others: those who
 * opened the files anew.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#define LAPS 1500
#define GUARD_INSTALL 102

static void must(int well, const char *what) {
    if (!well) {
        printf("%s: %s\n", what, strerror(errno));
        exit(1);
    }
}

static int opened(const char *name) {
    int file = open(name, O_RDWR | O_CREAT, 0644);
    must(file >= 0, name);
    return file;
}

static void take(int file, int command, int kind, long start, long length) {
    struct flock lock = {.l_type = kind, .l_start = start, .l_len = length};
    must(fcntl(file, command, &lock) == 0, "take a lock");
}

/* Returns the kind of lock that keeps an exclusive one from a byte. */
static int kept(int file, long byte) {
    struct flock lock = {.l_type = F_WRLCK, .l_start = byte, .l_len = 1};
    must(fcntl(file, F_OFD_GETLK, &lock) == 0, "ask for a lock");
    return lock.l_type;
}

int main(void) {
    int records = opened("records"), others = opened("others"), whole = opened("whole");
    int reader = open("others", O_RDONLY), stranger = opened("others"), second = opened("whole");
    char *memory = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int guarded = madvise(memory, 4096, GUARD_INSTALL) == 0;
    take(records, F_SETLK, F_WRLCK, 10, 5);
    take(records, F_SETLK, F_RDLCK, 100, 0);
    take(others, F_OFD_SETLK, F_WRLCK, 7, 1);
    take(reader, F_OFD_SETLK, F_RDLCK, 9, 1);
    must(flock(whole, LOCK_SH) == 0, "flock");
    for (int lap = 0; lap < LAPS; lap++) {
        int door = open("/dev/zero", O_RDONLY);
        must(kept(records, 12) == F_WRLCK && kept(records, 5000) == F_RDLCK, "locks of the process");
        must(kept(records, 9) == F_UNLCK && kept(records, 15) == F_UNLCK, "no more than that");
        must(kept(stranger, 7) == F_WRLCK && kept(stranger, 9) == F_RDLCK, "locks of open files");
        must(flock(second, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK, "flock is held");
        must(!guarded || (read(door, memory, 1) < 0 && errno == EFAULT), "a guard page");
        must(read(door, memory + 4096, 1) == 1, "the page after it");
        close(door);
        usleep(1000);
    }
    puts("all locks were there");
    return 0;
}
