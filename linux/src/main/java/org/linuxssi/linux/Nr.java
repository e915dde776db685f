package org.linuxssi.linux;

/** Numbers of those x86-64 system calls that somebody here speaks of ({@code arch/x86/entry/syscalls/syscall_64.tbl}). */
public final class Nr {

    /** read(2). */
    public static final int READ = 0;

    /** write(2). */
    public static final int WRITE = 1;

    /** close(2). */
    public static final int CLOSE = 3;

    /** fstat(2). */
    public static final int FSTAT = 5;

    /** poll(2). */
    public static final int POLL = 7;

    /** lseek(2). */
    public static final int LSEEK = 8;

    /** mmap(2). */
    public static final int MMAP = 9;

    /** mprotect(2). */
    public static final int MPROTECT = 10;

    /** munmap(2). */
    public static final int MUNMAP = 11;

    /** brk(2). */
    public static final int BRK = 12;

    /** rt_sigaction(2). */
    public static final int RT_SIGACTION = 13;

    /** rt_sigprocmask(2). */
    public static final int RT_SIGPROCMASK = 14;

    /** ioctl(2). */
    public static final int IOCTL = 16;

    /** pread64(2). */
    public static final int PREAD64 = 17;

    /** pwrite64(2). */
    public static final int PWRITE64 = 18;

    /** readv(2). */
    public static final int READV = 19;

    /** writev(2). */
    public static final int WRITEV = 20;

    /** select(2). */
    public static final int SELECT = 23;

    /** madvise(2). */
    public static final int MADVISE = 28;

    /** shmget(2). */
    public static final int SHMGET = 29;

    /** shmat(2). */
    public static final int SHMAT = 30;

    /** shmctl(2). */
    public static final int SHMCTL = 31;

    /** dup(2). */
    public static final int DUP = 32;

    /** pause(2). */
    public static final int PAUSE = 34;

    /** nanosleep(2). */
    public static final int NANOSLEEP = 35;

    /** getitimer(2). */
    public static final int GETITIMER = 36;

    /** setitimer(2). */
    public static final int SETITIMER = 38;

    /** getpid(2). */
    public static final int GETPID = 39;

    /** sendfile(2). */
    public static final int SENDFILE = 40;

    /** socket(2). */
    public static final int SOCKET = 41;

    /** connect(2). */
    public static final int CONNECT = 42;

    /** accept(2). */
    public static final int ACCEPT = 43;

    /** sendto(2). */
    public static final int SENDTO = 44;

    /** recvfrom(2). */
    public static final int RECVFROM = 45;

    /** sendmsg(2). */
    public static final int SENDMSG = 46;

    /** recvmsg(2). */
    public static final int RECVMSG = 47;

    /** shutdown(2). */
    public static final int SHUTDOWN = 48;

    /** bind(2). */
    public static final int BIND = 49;

    /** listen(2). */
    public static final int LISTEN = 50;

    /** getsockname(2). */
    public static final int GETSOCKNAME = 51;

    /** getpeername(2). */
    public static final int GETPEERNAME = 52;

    /** socketpair(2). */
    public static final int SOCKETPAIR = 53;

    /** setsockopt(2). */
    public static final int SETSOCKOPT = 54;

    /** getsockopt(2). */
    public static final int GETSOCKOPT = 55;

    /** execve(2). */
    public static final int EXECVE = 59;

    /** wait4(2). */
    public static final int WAIT4 = 61;

    /** kill(2). */
    public static final int KILL = 62;

    /** semget(2). */
    public static final int SEMGET = 64;

    /** semop(2). */
    public static final int SEMOP = 65;

    /** semctl(2). */
    public static final int SEMCTL = 66;

    /** shmdt(2). */
    public static final int SHMDT = 67;

    /** msgget(2). */
    public static final int MSGGET = 68;

    /** msgsnd(2). */
    public static final int MSGSND = 69;

    /** msgrcv(2). */
    public static final int MSGRCV = 70;

    /** msgctl(2). */
    public static final int MSGCTL = 71;

    /** fcntl(2). */
    public static final int FCNTL = 72;

    /** flock(2). */
    public static final int FLOCK = 73;

    /** fsync(2). */
    public static final int FSYNC = 74;

    /** {@code ftruncate(2)}. */
    public static final int FTRUNCATE = 77;

    /** getcwd(2). */
    public static final int GETCWD = 79;

    /** chdir(2). */
    public static final int CHDIR = 80;

    /** fchdir(2). */
    public static final int FCHDIR = 81;

    /** unlink(2). */
    public static final int UNLINK = 87;

    /** chmod(2). */
    public static final int CHMOD = 90;

    /** fchmod(2). */
    public static final int FCHMOD = 91;

    /** fchown(2). */
    public static final int FCHOWN = 93;

    /** lchown(2). */
    public static final int LCHOWN = 94;

    /** umask(2). */
    public static final int UMASK = 95;

    /** ptrace(2). */
    public static final int PTRACE = 101;

    /** geteuid(2). */
    public static final int GETEUID = 107;

    /** setpgid(2). */
    public static final int SETPGID = 109;

    /** getppid(2). */
    public static final int GETPPID = 110;

    /** setsid(2). */
    public static final int SETSID = 112;

    /** setgroups(2). */
    public static final int SETGROUPS = 116;

    /** setresuid(2). */
    public static final int SETRESUID = 117;

    /** setresgid(2). */
    public static final int SETRESGID = 119;

    /** getpgid(2). */
    public static final int GETPGID = 121;

    /** setfsuid(2). */
    public static final int SETFSUID = 122;

    /** setfsgid(2). */
    public static final int SETFSGID = 123;

    /** getsid(2). */
    public static final int GETSID = 124;

    /** capset(2). */
    public static final int CAPSET = 126;

    /** rt_sigtimedwait(2). */
    public static final int RT_SIGTIMEDWAIT = 128;

    /** rt_sigqueueinfo(2). */
    public static final int RT_SIGQUEUEINFO = 129;

    /** sigaltstack(2). */
    public static final int SIGALTSTACK = 131;

    /** personality(2). */
    public static final int PERSONALITY = 135;

    /** statfs(2). */
    public static final int STATFS = 137;

    /** getpriority(2). */
    public static final int GETPRIORITY = 140;

    /** setpriority(2). */
    public static final int SETPRIORITY = 141;

    /** sched_setparam(2). */
    public static final int SCHED_SETPARAM = 142;

    /** sched_getparam(2). */
    public static final int SCHED_GETPARAM = 143;

    /** sched_setscheduler(2). */
    public static final int SCHED_SETSCHEDULER = 144;

    /** sched_getscheduler(2). */
    public static final int SCHED_GETSCHEDULER = 145;

    /** sched_rr_get_interval(2). */
    public static final int SCHED_RR_GET_INTERVAL = 148;

    /** mlock(2). */
    public static final int MLOCK = 149;

    /** prctl(2). */
    public static final int PRCTL = 157;

    /** arch_prctl(2). */
    public static final int ARCH_PRCTL = 158;

    /** adjtimex(2). */
    public static final int ADJTIMEX = 159;

    /** chroot(2). */
    public static final int CHROOT = 161;

    /** mount(2). */
    public static final int MOUNT = 165;

    /** umount2(2). */
    public static final int UMOUNT2 = 166;

    /** sethostname(2). */
    public static final int SETHOSTNAME = 170;

    /** setxattr(2). */
    public static final int SETXATTR = 188;

    /** tkill(2). */
    public static final int TKILL = 200;

    /** futex(2). */
    public static final int FUTEX = 202;

    /** sched_setaffinity(2). */
    public static final int SCHED_SETAFFINITY = 203;

    /** sched_getaffinity(2). */
    public static final int SCHED_GETAFFINITY = 204;

    /** getdents64(2). */
    public static final int GETDENTS64 = 217;

    /** set_tid_address(2). */
    public static final int SET_TID_ADDRESS = 218;

    /** restart_syscall(2). */
    public static final int RESTART_SYSCALL = 219;

    /** semtimedop(2). */
    public static final int SEMTIMEDOP = 220;

    /** clock_nanosleep(2). */
    public static final int CLOCK_NANOSLEEP = 230;

    /** exit_group(2). */
    public static final int EXIT_GROUP = 231;

    /** epoll_wait(2). */
    public static final int EPOLL_WAIT = 232;

    /** epoll_ctl(2). */
    public static final int EPOLL_CTL = 233;

    /** tgkill(2). */
    public static final int TGKILL = 234;

    /** ioprio_set(2). */
    public static final int IOPRIO_SET = 251;

    /** ioprio_get(2). */
    public static final int IOPRIO_GET = 252;

    /** openat(2). */
    public static final int OPENAT = 257;

    /** newfstatat(2). */
    public static final int NEWFSTATAT = 262;

    /** readlinkat(2). */
    public static final int READLINKAT = 267;

    /** pselect6(2). */
    public static final int PSELECT6 = 270;

    /** ppoll(2). */
    public static final int PPOLL = 271;

    /** unshare(2). */
    public static final int UNSHARE = 272;

    /** set_robust_list(2). */
    public static final int SET_ROBUST_LIST = 273;

    /** get_robust_list(2). */
    public static final int GET_ROBUST_LIST = 274;

    /** splice(2). */
    public static final int SPLICE = 275;

    /** tee(2). */
    public static final int TEE = 276;

    /** epoll_pwait(2). */
    public static final int EPOLL_PWAIT = 281;

    /** timer_create(2). */
    public static final int TIMER_CREATE = 222;

    /** timer_settime(2). */
    public static final int TIMER_SETTIME = 223;

    /** timer_gettime(2). */
    public static final int TIMER_GETTIME = 224;

    /** inotify_add_watch(2). */
    public static final int INOTIFY_ADD_WATCH = 254;

    /** inotify_rm_watch(2). */
    public static final int INOTIFY_RM_WATCH = 255;

    /** timerfd_create(2). */
    public static final int TIMERFD_CREATE = 283;

    /** timerfd_settime(2). */
    public static final int TIMERFD_SETTIME = 286;

    /** timerfd_gettime(2). */
    public static final int TIMERFD_GETTIME = 287;

    /** accept4(2). */
    public static final int ACCEPT4 = 288;

    /** signalfd4(2). */
    public static final int SIGNALFD4 = 289;

    /** eventfd2(2). */
    public static final int EVENTFD2 = 290;

    /** epoll_create1(2). */
    public static final int EPOLL_CREATE1 = 291;

    /** dup3(2). */
    public static final int DUP3 = 292;

    /** pipe2(2). */
    public static final int PIPE2 = 293;

    /** inotify_init1(2). */
    public static final int INOTIFY_INIT1 = 294;

    /** rt_tgsigqueueinfo(2). */
    public static final int RT_TGSIGQUEUEINFO = 297;

    /** recvmmsg(2). */
    public static final int RECVMMSG = 299;

    /** prlimit64(2). */
    public static final int PRLIMIT64 = 302;

    /** open_by_handle_at(2). */
    public static final int OPEN_BY_HANDLE_AT = 304;

    /** setns(2). */
    public static final int SETNS = 308;

    /** process_vm_readv(2). */
    public static final int PROCESS_VM_READV = 310;

    /** process_vm_writev(2). */
    public static final int PROCESS_VM_WRITEV = 311;

    /** kcmp(2). */
    public static final int KCMP = 312;

    /** sched_setattr(2). */
    public static final int SCHED_SETATTR = 314;

    /** sched_getattr(2). */
    public static final int SCHED_GETATTR = 315;

    /** seccomp(2). */
    public static final int SECCOMP = 317;

    /** memfd_create(2). */
    public static final int MEMFD_CREATE = 319;

    /** execveat(2). */
    public static final int EXECVEAT = 322;

    /** userfaultfd(2). */
    public static final int USERFAULTFD = 323;

    /** membarrier(2). */
    public static final int MEMBARRIER = 324;

    /** preadv2(2). */
    public static final int PREADV2 = 327;

    /** statx(2). */
    public static final int STATX = 332;

    /** rseq(2). */
    public static final int RSEQ = 334;

    /** pidfd_send_signal(2). */
    public static final int PIDFD_SEND_SIGNAL = 424;

    /** io_uring_setup(2). */
    public static final int IO_URING_SETUP = 425;

    /** open_tree(2). */
    public static final int OPEN_TREE = 428;

    /** move_mount(2). */
    public static final int MOVE_MOUNT = 429;

    /** pidfd_open(2). */
    public static final int PIDFD_OPEN = 434;

    /** clone3(2). */
    public static final int CLONE3 = 435;

    /** close_range(2). */
    public static final int CLOSE_RANGE = 436;

    /** pidfd_getfd(2). */
    public static final int PIDFD_GETFD = 438;

    /** epoll_pwait2(2). */
    public static final int EPOLL_PWAIT2 = 441;

    private Nr() {}
}
