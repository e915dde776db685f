/* What the programs have in common that hold one kind of resource each. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096L

/* A kind: takes its resource, calls ready(), and looks whether all is as it was. */
struct kind {
    const char *name;
    const char *what;
    void (*run)(void);
};

extern const struct kind memory_kinds[], process_kinds[], signal_kinds[], file_kinds[], socket_kinds[];

/* Says "ready" and waits for SIGUSR1, which is blocked in all threads. */
void ready(void);

/* Says what differs, and has the program end with 1. */
void differs(const char *file, int line, const char *what);

#define CHECK(what) ((what) ? (void) 0 : differs(__FILE__, __LINE__, #what))

/* Ends the program, since it cannot even take its resource. */
#define MUST(what) ((what) ? (void) 0 : give_up(__FILE__, __LINE__, #what))
_Noreturn void give_up(const char *file, int line, const char *what);

/* Fills bytes with what only this seed gives, and tells whether they still are so. */
void fill(void *bytes, size_t length, unsigned seed);
int filled(const void *bytes, size_t length, unsigned seed);

/* Writes a file with filled bytes and returns a descriptor for reading and writing. */
int written(const char *name, size_t length, unsigned seed);

/* Tells whether the mapping at an address has these flags, as "lo", in /proc/self/smaps. */
int has_flag(const void *address, const char *flag);

/* Makes a child that does nothing until it is killed, at the latest when its parent ends. */
pid_t idle_child(void);
