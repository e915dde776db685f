#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/mman.h>
/* Holds MB of memory and rewrites PERCENT of it a second, page by page, until a file called stop is there. */
#include <unistd.h>
int main(int argc, char **argv) {
    size_t mb = atol(argv[1]);
    double percent = atof(argv[2]);
    size_t pages = mb * 256;
    char *m = mmap(NULL, pages * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    unsigned long x = 88172645463325252UL;
    for (size_t i = 0; i < pages * 512; i++) { x ^= x << 13; x ^= x >> 7; x ^= x << 17; ((unsigned long *)m)[i] = x; }
    printf("ready\n"); fflush(stdout);
    size_t step = pages * percent / 100 / 200;
    if (step == 0) step = 1;
    while (access("stop", F_OK) != 0) {
        for (size_t k = 0; k < step; k++) { x ^= x << 13; x ^= x >> 7; x ^= x << 17; m[(x % pages) * 4096 + x % 4000]++; }
        struct timespec t = {0, 5000000};
        nanosleep(&t, NULL);
    }
    return 0;
}
