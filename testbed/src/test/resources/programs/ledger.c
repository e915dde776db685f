/* Writes 1, 2, 3, ... to a ledger until a file appears: lost or doubled work shows in the ledger and in the sum. A third
   argument is how many megabytes of memory it has besides, which hold what they held at the beginning. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define WORDS (64 * 1024)

static uint64_t words[WORDS];

static uint64_t *ballast(size_t count) {
    uint64_t *block = malloc(count * sizeof *block);
    for (size_t i = 0; i < count; i++) {
        block[i] = i * 0x9e3779b97f4a7c15u;
    }
    return block;
}

static int unchanged(const uint64_t *block, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (block[i] != i * 0x9e3779b97f4a7c15u) {
            return 0;
        }
    }
    return 1;
}

int main(int argc, char **argv) {
    if (argc < 3) {
        return 2;
    }
    size_t count = argc > 3 ? strtoul(argv[3], NULL, 10) << 17 : 0;
    uint64_t *block = ballast(count);
    int ledger = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0644);
    uint64_t lap = 0;
    while (access(argv[2], F_OK) != 0) {
        lap++;
        for (int i = 0; i < WORDS; i++) {
            words[i] += lap + (uint64_t) i;
        }
        dprintf(ledger, "%llu\n", (unsigned long long) lap);
        usleep(2000);
    }
    for (int i = 0; i < WORDS; i++) {
        if (words[i] != lap * (lap + 1) / 2 + lap * (uint64_t) i) {
            printf("word %d is wrong after lap %llu\n", i, (unsigned long long) lap);
            return 4;
        }
    }
    if (!unchanged(block, count)) {
        printf("the memory is wrong after lap %llu\n", (unsigned long long) lap);
        return 5;
    }
    printf("laps %llu\n", (unsigned long long) lap);
    return 0;
}
