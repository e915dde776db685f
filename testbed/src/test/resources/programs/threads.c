/* Threads that meet at a barrier of mutex and condition, with variables of their own and values of their neighbours. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define THREADS 16

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turned = PTHREAD_COND_INITIALIZER;
static int arrived;
static int turn;
static int rounds;
static uint64_t values[2][THREADS];
static uint64_t total;
static __thread uint64_t own;

static void meet(void) {
    pthread_mutex_lock(&lock);
    int mine = turn;
    if (++arrived == THREADS) {
        arrived = 0;
        turn++;
        pthread_cond_broadcast(&turned);
    }
    while (turn == mine) {
        pthread_cond_wait(&turned, &lock);
    }
    pthread_mutex_unlock(&lock);
}

static void *work(void *argument) {
    int me = (int) (intptr_t) argument;
    own = (uint64_t) me * 977 + 13;
    for (int round = 0; round < rounds; round++) {
        uint64_t left = values[round & 1][(me + THREADS - 1) % THREADS];
        for (int i = 0; i < 20000; i++) {
            own = (own ^ left) * 6364136223846793005u + 1442695040888963407u;
        }
        values[(round + 1) & 1][me] = own;
        meet();
    }
    pthread_mutex_lock(&lock);
    total += own;
    pthread_mutex_unlock(&lock);
    return (void *) (uintptr_t) (own & 0xffff);
}

int main(int argc, char **argv) {
    pthread_t threads[THREADS];
    uint64_t returned = 0;
    rounds = argc > 1 ? atoi(argv[1]) : 100;
    for (int i = 0; i < THREADS; i++) {
        if (pthread_create(&threads[i], NULL, work, (void *) (intptr_t) i)) {
            return 2;
        }
    }
    for (int i = 0; i < THREADS; i++) {
        void *result;
        pthread_join(threads[i], &result);
        returned = returned * 31 + (uintptr_t) result;
    }
    printf("total %016llx returned %016llx turns %d\n", (unsigned long long) total,
           (unsigned long long) returned, turn);
    return 11;
}
