/* A parent that waits for its children; each sends a result by a pipe of its own and exits with a code of its own. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST 64

static uint64_t compute(int seed, long steps) {
    uint64_t value = (uint64_t) seed * 7919 + 1;
    for (long i = 0; i < steps; i++) {
        value = (value ^ (value >> 29)) * 6364136223846793005u + (uint64_t) seed;
    }
    return value;
}

static int child(int number, long steps, pid_t parent, int output) {
    uint64_t value = compute(number, steps);
    if (getppid() != parent) {
        return 99;
    }
    return write(output, &value, sizeof value) == sizeof value ? number + 1 : 98;
}

int main(int argc, char **argv) {
    int count = argc > 1 ? atoi(argv[1]) : 20;
    long steps = argc > 2 ? atol(argv[2]) : 1000000;
    pid_t self = getpid();
    pid_t pids[MOST];
    int inputs[MOST];
    int codes[MOST] = {0};
    uint64_t sum = 0;
    if (count > MOST) {
        return 2;
    }
    for (int i = 0; i < count; i++) {
        int ends[2];
        if (pipe(ends)) {
            return 2;
        }
        pids[i] = fork();
        if (pids[i] == 0) {
            _exit(child(i, steps, self, ends[1]));
        }
        close(ends[1]);
        inputs[i] = ends[0];
    }
    for (int left = count; left > 0; left--) {
        int status;
        pid_t pid = wait(&status);
        for (int i = 0; i < count; i++) {
            if (pids[i] == pid) {
                codes[i] = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
            }
        }
    }
    for (int i = 0; i < count; i++) {
        uint64_t value = 0;
        if (read(inputs[i], &value, sizeof value) != sizeof value) {
            printf("child %d sent nothing\n", i);
        }
        sum = sum * 31 + value;
        printf("child %d code %d\n", i, codes[i]);
    }
    printf("sum %016llx\n", (unsigned long long) sum);
    return getpid() == self ? 13 : 3;
}
