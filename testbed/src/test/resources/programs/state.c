/* One thread whose result depends on its heap, its file, its floating point registers and its timer. */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#define WORDS (512 * 1024)

static volatile sig_atomic_t ticks;

static void tick(int number) {
    (void) number;
    ticks++;
}

int main(int argc, char **argv) {
    int laps = argc > 2 ? atoi(argv[1]) : 100;
    FILE *file = fopen(argc > 2 ? argv[2] : "/dev/null", "w+");
    uint64_t *heap = malloc(WORDS * sizeof *heap);
    struct sigaction action = {.sa_handler = tick, .sa_flags = SA_RESTART};
    struct itimerval every = {{0, 20000}, {0, 20000}};
    pid_t self = getpid();
    uint64_t random = 88172645463325252u;
    double wave = 0.5;
    if (!file || !heap) {
        return 2;
    }
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &every, NULL);
    for (int i = 0; i < WORDS; i++) {
        heap[i] = random = random * 6364136223846793005u + 1442695040888963407u;
    }
    for (int lap = 0; lap < laps; lap++) {
        for (int i = 0; i < WORDS; i++) {
            random = (random ^ heap[i]) * 6364136223846793005u + (uint64_t) i;
            heap[(random >> 20) % WORDS] ^= random;
            wave = 3.8 * wave * (1.0 - wave);
        }
        fprintf(file, "lap %d %016llx %.17g\n", lap, (unsigned long long) random, wave);
        if (lap % 20 == 0) {
            fflush(file);
            printf("lap %d %016llx\n", lap, (unsigned long long) random);
            fflush(stdout);
        }
        if (getpid() != self) {
            printf("pid changed\n");
            return 3;
        }
    }
    uint64_t sum = 0;
    int c;
    rewind(file);
    while ((c = getc(file)) != EOF) {
        sum = sum * 31 + (uint64_t) c;
    }
    for (int i = 0; i < WORDS; i++) {
        sum = sum * 31 + heap[i];
    }
    printf("sum %016llx wave %.17g timer %s\n", (unsigned long long) sum, wave, ticks > 3 ? "ran" : "stood");
    return 7;
}
