/* Watches a directory and a file by inotify, changes them, and prints a line for each change that was told as it should. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

static int queue;

/* Reads the one event that there is. */
static int told(int number, unsigned mask, const char *name)
{
    char buffer[4096] __attribute__((aligned(8)));
    ssize_t count = read(queue, buffer, sizeof buffer);
    const struct inotify_event *event = (const struct inotify_event *) buffer;
    if (count < (ssize_t) sizeof *event || count != (ssize_t) (sizeof *event + event->len))
        return 0;
    return event->wd == number && event->mask == mask && strcmp(event->len ? event->name : "", name) == 0;
}

int main(int argc, char **argv)
{
    if (argc != 2 || chdir(argv[1]) != 0)
        return 2;
    int file = open("content", O_CREAT | O_WRONLY, 0600);
    queue = inotify_init1(IN_NONBLOCK);
    int gone = inotify_add_watch(queue, "/", IN_MODIFY);
    int directory = inotify_add_watch(queue, ".", IN_CREATE | IN_ONLYDIR);
    int content = inotify_add_watch(queue, "content", IN_MODIFY);
    if (file < 0 || gone != 1 || directory != 2 || content != 3 || inotify_rm_watch(queue, gone) != 0)
        return 1;
    if (!told(gone, IN_IGNORED, ""))
        return 1;
    for (long lap = 0; access("stop", F_OK) != 0; lap++) {
        char name[32];
        snprintf(name, sizeof name, "new-%ld", lap % 2);
        int made = open(name, O_CREAT | O_EXCL | O_WRONLY, 0600);
        int right = made >= 0 && told(directory, IN_CREATE, name);
        right = right && pwrite(file, &lap, sizeof lap, 0) == sizeof lap && told(content, IN_MODIFY, "");
        close(made);
        unlink(name);
        printf("%ld %s\n", lap, right ? "ok" : "wrong");
        fflush(stdout);
        usleep(30000);
    }
    printf("end ok\n");
    return 0;
}
