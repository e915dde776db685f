/* Holds MB megabytes and rewrites PERCENT percent of them a second, in small steps. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
    size_t bytes = (size_t) atol(argv[1]) << 20;
    double share = argc > 2 ? atof(argv[2]) / 100 : 0;
    unsigned char *memory = malloc(bytes);
    for (size_t i = 0; i < bytes; i += 8) {
        *(unsigned long *) (memory + i) = i * 2654435761u;
    }
    printf("%d\n", getpid());
    fflush(stdout);
    size_t pages = bytes / 4096, step = (size_t) (pages * share / 100), at = 0;
    struct timespec nap = {0, 10 * 1000 * 1000};
    for (;;) {
        for (size_t i = 0; i < step; i++, at = (at + 1) % pages) {
            memory[at * 4096]++;
        }
        nanosleep(&nap, NULL);
    }
}
