/* Writes 1, 2, 3, ... to a ledger until a file appears: lost or doubled work shows in the ledger and in the sum. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#define WORDS (64 * 1024)

static uint64_t words[WORDS];

int main(int argc, char **argv) {
    if (argc < 3) {
        return 2;
    }
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
    printf("laps %llu\n", (unsigned long long) lap);
    return 0;
}
