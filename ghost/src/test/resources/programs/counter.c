#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <time.h>
/* Counts, with floating point, a heap that grows and shrinks, and short sleeps. */
int main(int argc, char **argv) {
    int lines = argc > 1 ? atoi(argv[1]) : 300;
    double sum = 0;
    unsigned long hash = 5381;
    char *blocks[64] = {0};
    for (int i = 0; i < lines; i++) {
        for (int k = 1; k < 2000; k++) {
            sum += 1.0 / ((double)k * (i + 1));
            hash = hash * 33 + k + i;
        }
        int slot = hash % 64;
        free(blocks[slot]);
        size_t size = 1000 + hash % 300000;
        blocks[slot] = malloc(size);
        memset(blocks[slot], i, size);
        for (int b = 0; b < 64; b++)
            if (blocks[b]) hash += blocks[b][500];
        printf("%d %.12f %lu\n", i, sum, hash);
        fflush(stdout);
        struct timespec t = {0, 3000000};
        if (nanosleep(&t, NULL) != 0) { printf("nanosleep failed\n"); }
    }
    return 7;
}
