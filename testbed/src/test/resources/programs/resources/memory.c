/* Memory of all kinds. */
#include "resources.h"
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>

#define LENGTH (64 * PAGE)
#define MANY 3000

/* The numbers of linux/mman.h, which older headers lack. */
#define GUARD_INSTALL 102

static char *anonymous(int flags) {
    char *at = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | flags, -1, 0);
    MUST(at != MAP_FAILED);
    return at;
}

/* Tells whether reading an address is a fault. */
static int faults(const char *at) {
    int ends[2];
    MUST(pipe(ends) == 0);
    int fault = write(ends[1], at, 1) < 0 && errno == EFAULT;
    close(ends[0]);
    close(ends[1]);
    return fault;
}

static void private_memory(void) {
    static char zeros[3 * 4096], large[500000];
    char *heap = malloc(300000), *at = anonymous(MAP_PRIVATE), stack[20000];
    fill(large, sizeof large, 1);
    fill(heap, 300000, 2);
    fill(at + 8 * PAGE, PAGE, 3);
    fill(stack, sizeof stack, 4);
    ready();
    CHECK(filled(large, sizeof large, 1));
    CHECK(filled(heap, 300000, 2));
    CHECK(filled(at + 8 * PAGE, PAGE, 3));
    CHECK(filled(stack, sizeof stack, 4));
    for (size_t i = 0; i < 8 * PAGE; i++) {
        CHECK(at[i] == 0);
    }
    CHECK(zeros[PAGE] == 0);
}

static void shared_memory(void) {
    char *at = anonymous(MAP_SHARED);
    char *again = mremap(at, 0, LENGTH, MREMAP_MAYMOVE);
    MUST(again != MAP_FAILED && again != at);
    fill(at + 3 * PAGE, 5 * PAGE, 5);
    MUST(mprotect(at + 5 * PAGE, PAGE, PROT_READ) == 0);
    ready();
    CHECK(filled(at + 3 * PAGE, 5 * PAGE, 5));
    CHECK(filled(again + 3 * PAGE, 5 * PAGE, 5));
    CHECK(at[2 * PAGE] == 0 && at[20 * PAGE] == 0);
    again[40 * PAGE] = 'x';
    CHECK(at[40 * PAGE] == 'x');
    CHECK(has_flag(at, "sh") && has_flag(at + 5 * PAGE, "rd") && !has_flag(at + 5 * PAGE, "wr"));
    pid_t child = fork();
    if (child == 0) {
        at[50 * PAGE] = 'c';
        _exit(0);
    }
    waitpid(child, NULL, 0);
    CHECK(at[50 * PAGE] == 'c');
}

static void memory_shared_with_a_child(void) {
    char *at = anonymous(MAP_SHARED);
    fill(at, PAGE, 6);
    pid_t child = fork();
    if (child == 0) {
        while (at[2 * PAGE] == 0) {
            usleep(1000);
        }
        at[3 * PAGE] = 'c';
        _exit(0);
    }
    ready();
    CHECK(filled(at, PAGE, 6));
    at[2 * PAGE] = 'p';
    CHECK(waitpid(child, NULL, 0) == child);
    CHECK(at[3 * PAGE] == 'c');
}

static void memory_file(void) {
    char bytes[2 * PAGE];
    int file = memfd_create("notes", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    fill(bytes, sizeof bytes, 7);
    MUST(file >= 0 && ftruncate(file, 1 << 20) == 0);
    MUST(pwrite(file, bytes, sizeof bytes, 5000) == sizeof bytes && lseek(file, 4321, SEEK_SET) == 4321);
    MUST(fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK) == 0);
    int twin = dup(file);
    ready();
    struct stat now;
    CHECK(fstat(file, &now) == 0 && now.st_size == 1 << 20 && now.st_nlink == 0);
    CHECK(lseek(twin, 0, SEEK_CUR) == 4321);
    CHECK(lseek(file, 10, SEEK_CUR) == 4331 && lseek(twin, 0, SEEK_CUR) == 4331);
    memset(bytes, 0, sizeof bytes);
    CHECK(pread(twin, bytes, sizeof bytes, 5000) == sizeof bytes && filled(bytes, sizeof bytes, 7));
    CHECK(pread(twin, bytes, 1, 100) == 1 && bytes[0] == 0);
    CHECK(fcntl(file, F_GET_SEALS) == F_SEAL_SHRINK);
    CHECK(fcntl(file, F_GETFD) == FD_CLOEXEC && fcntl(twin, F_GETFD) == 0);
    CHECK(fcntl(file, F_GETFL) == (O_RDWR | O_LARGEFILE | 0100000));
    CHECK(ftruncate(file, 10) < 0 && errno == EPERM);
}

static void memory_file_mapped(void) {
    int file = memfd_create("mapped", 0);
    MUST(file >= 0 && ftruncate(file, LENGTH) == 0);
    char *at = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    char *own = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    MUST(at != MAP_FAILED && own != MAP_FAILED);
    fill(at, 2 * PAGE, 8);
    fill(own + 4 * PAGE, PAGE, 9);
    close(file);
    ready();
    CHECK(filled(at, 2 * PAGE, 8));
    CHECK(filled(own, 2 * PAGE, 8));
    CHECK(filled(own + 4 * PAGE, PAGE, 9));
    CHECK(at[4 * PAGE] == 0);
    at[10 * PAGE] = 'x';
    CHECK(own[10 * PAGE] == 'x');
}

static char *mapped(int file, int flags) {
    char *at = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, flags, file, 0);
    MUST(at != MAP_FAILED);
    return at;
}

/* So much that it is copied while the process runs, which goes on to change it. */
static void much_memory(void) {
    size_t length = 24 << 20;
    char *at = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *both = anonymous(MAP_SHARED), *gone = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED,
                                                     written("much", LENGTH, 40), 0);
    MUST(at != MAP_FAILED && gone != MAP_FAILED && unlink("much") == 0);
    MUST(madvise(at + 40 * PAGE, PAGE, GUARD_INSTALL) == 0);
    fill(at + PAGE * 41, length - PAGE * 41, 41);
    fill(both, LENGTH, 42);
    ready();
    CHECK(filled(at + PAGE * 41, length - PAGE * 41, 41) && faults(at + 40 * PAGE));
    CHECK(filled(both, LENGTH, 42) && filled(gone, LENGTH, 40));
}

static void private_file_mapping(void) {
    char *at = mapped(written("mapped-private", 8 * PAGE, 10), MAP_PRIVATE);
    fill(at + PAGE, PAGE, 11);
    ready();
    CHECK(filled(at, PAGE, 10));
    CHECK(filled(at + PAGE, PAGE, 11));
}

static void shared_file_mapping(void) {
    int file = written("mapped-shared", 8 * PAGE, 12);
    char *at = mapped(file, MAP_SHARED), byte = 0;
    fill(at + PAGE, PAGE, 13);
    ready();
    CHECK(filled(at, PAGE, 12));
    CHECK(filled(at + PAGE, PAGE, 13));
    at[3 * PAGE] = 'x';
    CHECK(pread(file, &byte, 1, 3 * PAGE) == 1 && byte == 'x');
    at[3 * PAGE] = 'y';
    CHECK(pread(file, &byte, 1, 3 * PAGE) == 1 && byte == 'y');
}

static void deleted_file_mapping(void) {
    int file = written("mapped-deleted", 8 * PAGE, 14);
    char *at = mapped(file, MAP_SHARED), byte = 0;
    char *own = mapped(file, MAP_PRIVATE);
    unlink("mapped-deleted");
    fill(at + PAGE, PAGE, 15);
    fill(own + 2 * PAGE, PAGE, 16);
    ready();
    CHECK(filled(at, PAGE, 14));
    CHECK(filled(at + PAGE, PAGE, 15));
    CHECK(filled(own, PAGE, 14));
    CHECK(filled(own + 2 * PAGE, PAGE, 16));
    at[3 * PAGE] = 'x';
    CHECK(pread(file, &byte, 1, 3 * PAGE) == 1 && byte == 'x' && own[3 * PAGE] == 'x');
}

static void growing_stack(void) {
    char *top = mmap(NULL, 512 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    MUST(top != MAP_FAILED && munmap(top, 512 * PAGE) == 0);
    top += 500 * PAGE;
    char *at = mmap(top, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED, -1, 0);
    MUST(at == top);
    for (int i = 0; i < 5; i++) {
        fill(at - i * PAGE, PAGE, 17 + i);
    }
    ready();
    for (int i = 0; i < 5; i++) {
        CHECK(filled(at - i * PAGE, PAGE, 17 + i));
    }
    at[-6 * PAGE] = 'x';
    CHECK(has_flag(at - 6 * PAGE, "gd"));
}

static void locked_memory(void) {
    char *at = anonymous(MAP_PRIVATE), *later = anonymous(MAP_PRIVATE);
    MUST(mlock(at, 4 * PAGE) == 0 && mlock2(later, 4 * PAGE, MLOCK_ONFAULT) == 0);
    later[PAGE] = 1;
    ready();
    CHECK(has_flag(at, "lo") && !has_flag(at + 5 * PAGE, "lo"));
    CHECK(has_flag(later, "lo"));
    unsigned char there[4];
    CHECK(mincore(at, 4 * PAGE, there) == 0 && (there[0] & 1) && (there[3] & 1));
}

static const struct {
    int advice;
    const char *flag;
} advices[] = {{MADV_DONTFORK, "dc"},   {MADV_MERGEABLE, "mg"},  {MADV_HUGEPAGE, "hg"}, {MADV_NOHUGEPAGE, "nh"},
               {MADV_DONTDUMP, "dd"},   {MADV_WIPEONFORK, "wf"}, {MADV_RANDOM, "rr"},   {MADV_SEQUENTIAL, "sr"}};

#define ADVICES (sizeof advices / sizeof *advices)

static void advice(void) {
    char *at = anonymous(MAP_PRIVATE);
    int given[ADVICES];
    for (unsigned i = 0; i < ADVICES; i++) {
        given[i] = madvise(at + 4 * i * PAGE, 2 * PAGE, advices[i].advice) == 0;
        MUST(given[i] == has_flag(at + 4 * i * PAGE, advices[i].flag));
    }
    ready();
    for (unsigned i = 0; i < ADVICES; i++) {
        CHECK(given[i] == has_flag(at + 4 * i * PAGE, advices[i].flag));
        CHECK(!has_flag(at + (4 * i + 2) * PAGE, advices[i].flag));
    }
}

static void protections(void) {
    char *at = anonymous(MAP_PRIVATE);
    fill(at, 4 * PAGE, 30);
    MUST(mprotect(at, PAGE, PROT_NONE) == 0);
    MUST(mprotect(at + PAGE, PAGE, PROT_READ) == 0);
    MUST(mprotect(at + 2 * PAGE, PAGE, PROT_READ | PROT_EXEC) == 0);
    ready();
    CHECK(faults(at));
    CHECK(!has_flag(at + PAGE, "wr") && has_flag(at + 2 * PAGE, "ex") && has_flag(at + 3 * PAGE, "wr"));
    CHECK(mprotect(at, PAGE, PROT_READ) == 0);
    CHECK(filled(at, 4 * PAGE, 30));
}

static void guard_pages(void) {
    char *at = anonymous(MAP_PRIVATE);
    fill(at, 8 * PAGE, 31);
    MUST(madvise(at + 8 * PAGE, PAGE, GUARD_INSTALL) == 0);
    ready();
    CHECK(filled(at, 8 * PAGE, 31));
    CHECK(faults(at + 8 * PAGE));
    CHECK(!faults(at + 9 * PAGE));
}

static void many_mappings(void) {
    char *at = mmap(NULL, MANY * PAGE, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
    MUST(at != MAP_FAILED);
    for (int i = 0; i < MANY; i++) {
        at[i * PAGE] = i % 100 + 1;
        MUST(mprotect(at + i * PAGE, PAGE, i % 2 ? PROT_READ : PROT_READ | PROT_WRITE) == 0);
    }
    ready();
    for (int i = 0; i < MANY; i++) {
        CHECK(at[i * PAGE] == i % 100 + 1);
    }
    CHECK(!has_flag(at + 1001 * PAGE, "wr") && has_flag(at + 1000 * PAGE, "wr"));
}

static void huge_pages(void) {
    char *at = mmap(NULL, 8 << 20, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
    MUST(at != MAP_FAILED && madvise(at, 8 << 20, MADV_HUGEPAGE) == 0);
    fill(at, 6 << 20, 32);
    ready();
    CHECK(filled(at, 6 << 20, 32));
    CHECK(has_flag(at, "hg"));
}

static void sealed_memory(void) {
    char *at = anonymous(MAP_PRIVATE);
    fill(at, PAGE, 33);
    MUST(syscall(462, at, PAGE, 0) == 0); /* mseal */
    ready();
    CHECK(filled(at, PAGE, 33));
    CHECK(munmap(at, PAGE) < 0 && errno == EPERM);
}

static void fault_handler(void) {
    int descriptor = syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
    MUST(descriptor >= 0);
    ready();
    struct uffdio_api api = {.api = UFFD_API};
    CHECK(ioctl(descriptor, UFFDIO_API, &api) == 0);
}

const struct kind memory_kinds[] = {
    {"private-memory", "private memory: heap, stack, mmap", private_memory},
    {"shared-memory", "shared anonymous memory of one process", shared_memory},
    {"shared-memory-child", "shared anonymous memory that a child has too", memory_shared_with_a_child},
    {"memfd", "file of memfd_create: content, offset, seals", memory_file},
    {"memfd-mapped", "file of memfd_create, mapped shared and private, closed", memory_file_mapped},
    {"much", "24 MB, shared anonymous memory, a deleted file, a guard page", much_memory},
    {"file-private", "file, mapped private", private_file_mapping},
    {"file-shared", "file, mapped shared", shared_file_mapping},
    {"deleted-mapped", "deleted file, open, mapped shared and private", deleted_file_mapping},
    {"growing", "memory that grows down (MAP_GROWSDOWN)", growing_stack},
    {"locked", "locked memory (mlock, mlock2)", locked_memory},
    {"advice", "advice (madvise)", advice},
    {"protection", "protection (mprotect)", protections},
    {"guards", "guard pages (MADV_GUARD_INSTALL)", guard_pages},
    {"many-mappings", "3000 mappings", many_mappings},
    {"huge-pages", "transparent huge pages", huge_pages},
    {"sealed", "sealed memory (mseal)", sealed_memory},
    {"userfaultfd", "userfaultfd", fault_handler},
    {NULL, NULL, NULL},
};
