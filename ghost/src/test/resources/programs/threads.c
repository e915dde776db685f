#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/syscall.h>
#include <signal.h>
/* A token goes round a ring of threads; each has thread-local state, a name and an alternate stack. */
#define N 16
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turn[N];
static int token;
static long laps;
static __thread unsigned long mine = 1;
static __thread pid_t tid;
static unsigned long total;
static int bad;
static void *run(void *arg) {
    int me = (int)(long)arg;
    tid = syscall(SYS_gettid);
    mine = me + 1;
    double f = me;
    for (long lap = 0; lap < laps; lap++) {
        pthread_mutex_lock(&lock);
        while (token != me) pthread_cond_wait(&turn[me], &lock);
        for (int k = 0; k < 500; k++) { mine = mine * 6364136223846793005UL + 1442695040888963407UL; f += 1.0 / (k + 1); }
        if (tid != syscall(SYS_gettid)) bad++;
        token = (me + 1) % N;
        if (me == N - 1 && lap % 20 == 0) { printf("lap %ld\n", lap); fflush(stdout); usleep(2000); }
        pthread_cond_signal(&turn[token]);
        pthread_mutex_unlock(&lock);
    }
    pthread_mutex_lock(&lock);
    total += mine + (unsigned long)(f * 1000);
    pthread_mutex_unlock(&lock);
    return NULL;
}
int main(int argc, char **argv) {
    laps = argc > 1 ? atol(argv[1]) : 4000;
    pthread_t t[N];
    for (int i = 0; i < N; i++) pthread_cond_init(&turn[i], NULL);
    for (long i = 0; i < N; i++) pthread_create(&t[i], NULL, run, (void *)i);
    for (int i = 0; i < N; i++) pthread_join(t[i], NULL);
    printf("total %lu bad %d\n", total, bad);
    return bad;
}
