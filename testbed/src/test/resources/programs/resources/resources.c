/* Holds one kind of resource: resources KIND DIRECTORY; without arguments it lists all. Says "ready", waits for SIGUSR1, and says "ok" or what differs. */
#include "resources.h"
#include <sys/prctl.h>

static int failures, children;
static pid_t idle[8];

void differs(const char *file, int line, const char *what) {
    char text[500];
    int length = snprintf(text, sizeof text, "%s:%d: not so: %s (%s)\n", file, line, what, strerror(errno));
    failures++;
    write(1, text, length);
}

_Noreturn void give_up(const char *file, int line, const char *what) {
    if (errno == ENOSYS) {
        write(1, "none\n", 5);
    } else {
        differs(file, line, what);
    }
    exit(2);
}

void ready(void) {
    sigset_t go;
    siginfo_t info;
    sigemptyset(&go);
    sigaddset(&go, SIGUSR1);
    write(1, "ready\n", 6);
    while (sigwaitinfo(&go, &info) < 0 && errno == EINTR) {
    }
}

void fill(void *bytes, size_t length, unsigned seed) {
    unsigned char *at = bytes;
    for (size_t i = 0; i < length; i++) {
        seed = seed * 1103515245 + 12345;
        at[i] = seed >> 16;
    }
}

int filled(const void *bytes, size_t length, unsigned seed) {
    const unsigned char *at = bytes;
    for (size_t i = 0; i < length; i++) {
        seed = seed * 1103515245 + 12345;
        if (at[i] != (unsigned char) (seed >> 16)) {
            return 0;
        }
    }
    return 1;
}

int written(const char *name, size_t length, unsigned seed) {
    char *bytes = malloc(length);
    int file = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);
    fill(bytes, length, seed);
    MUST(file >= 0 && write(file, bytes, length) == (ssize_t) length && lseek(file, 0, SEEK_SET) == 0);
    free(bytes);
    return file;
}

int has_flag(const void *address, const char *flag) {
    char line[500];
    int inside = 0, found = 0;
    unsigned long start, end;
    FILE *maps = fopen("/proc/self/smaps", "r");
    MUST(maps != NULL);
    while (fgets(line, sizeof line, maps)) {
        if (sscanf(line, "%lx-%lx ", &start, &end) == 2) {
            inside = start <= (unsigned long) address && (unsigned long) address < end;
        } else if (inside && strncmp(line, "VmFlags:", 8) == 0) {
            char wanted[8];
            snprintf(wanted, sizeof wanted, " %s", flag);
            found = strstr(line, wanted) != NULL;
        }
    }
    fclose(maps);
    return found;
}

pid_t idle_child(void) {
    pid_t child = fork();
    idle[children++] = child;
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        while (1) {
            pause();
        }
    }
    return child;
}

int main(int argc, char **argv) {
    const struct kind *const tables[] = {memory_kinds, process_kinds, signal_kinds, file_kinds, socket_kinds};
    sigset_t go;
    MUST(argc < 2 || (argc == 3 && chdir(argv[2]) == 0));
    sigemptyset(&go);
    sigaddset(&go, SIGUSR1);
    sigprocmask(SIG_BLOCK, &go, NULL);
    for (unsigned i = 0; i < sizeof tables / sizeof *tables; i++) {
        for (const struct kind *kind = tables[i]; kind->name; kind++) {
            if (argc < 2) {
                printf("%s|%s\n", kind->name, kind->what);
            } else if (strcmp(kind->name, argv[1]) == 0) {
                kind->run();
                while (children > 0) {
                    kill(idle[--children], SIGKILL);
                }
                if (!failures) {
                    write(1, "ok\n", 3);
                }
                return failures != 0;
            }
        }
    }
    return argc < 2 ? 0 : 3;
}
