package org.linuxssi.linux;

/** Numbers of the x86-64 system calls ({@code arch/x86/entry/syscalls/syscall_64.tbl}). */
public final class Nr {

    /** read(2). */
    public static final int READ = 0;

    /** write(2). */
    public static final int WRITE = 1;

    /** open(2). */
    public static final int OPEN = 2;

    /** close(2). */
    public static final int CLOSE = 3;

    /** stat(2). */
    public static final int STAT = 4;

    /** fstat(2). */
    public static final int FSTAT = 5;

    /** lstat(2). */
    public static final int LSTAT = 6;

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

    /** rt_sigreturn(2). */
    public static final int RT_SIGRETURN = 15;

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

    /** access(2). */
    public static final int ACCESS = 21;

    /** pipe(2). */
    public static final int PIPE = 22;

    /** select(2). */
    public static final int SELECT = 23;

    /** sched_yield(2). */
    public static final int SCHED_YIELD = 24;

    /** mremap(2). */
    public static final int MREMAP = 25;

    /** msync(2). */
    public static final int MSYNC = 26;

    /** mincore(2). */
    public static final int MINCORE = 27;

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

    /** dup2(2). */
    public static final int DUP2 = 33;

    /** pause(2). */
    public static final int PAUSE = 34;

    /** nanosleep(2). */
    public static final int NANOSLEEP = 35;

    /** getitimer(2). */
    public static final int GETITIMER = 36;

    /** alarm(2). */
    public static final int ALARM = 37;

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

    /** clone(2). */
    public static final int CLONE = 56;

    /** fork(2). */
    public static final int FORK = 57;

    /** vfork(2). */
    public static final int VFORK = 58;

    /** execve(2). */
    public static final int EXECVE = 59;

    /** exit(2). */
    public static final int EXIT = 60;

    /** wait4(2). */
    public static final int WAIT4 = 61;

    /** kill(2). */
    public static final int KILL = 62;

    /** uname(2). */
    public static final int UNAME = 63;

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

    /** fdatasync(2). */
    public static final int FDATASYNC = 75;

    /** truncate(2). */
    public static final int TRUNCATE = 76;

    /** ftruncate(2). */
    public static final int FTRUNCATE = 77;

    /** getdents(2). */
    public static final int GETDENTS = 78;

    /** getcwd(2). */
    public static final int GETCWD = 79;

    /** chdir(2). */
    public static final int CHDIR = 80;

    /** fchdir(2). */
    public static final int FCHDIR = 81;

    /** rename(2). */
    public static final int RENAME = 82;

    /** mkdir(2). */
    public static final int MKDIR = 83;

    /** rmdir(2). */
    public static final int RMDIR = 84;

    /** creat(2). */
    public static final int CREAT = 85;

    /** link(2). */
    public static final int LINK = 86;

    /** unlink(2). */
    public static final int UNLINK = 87;

    /** symlink(2). */
    public static final int SYMLINK = 88;

    /** readlink(2). */
    public static final int READLINK = 89;

    /** chmod(2). */
    public static final int CHMOD = 90;

    /** fchmod(2). */
    public static final int FCHMOD = 91;

    /** chown(2). */
    public static final int CHOWN = 92;

    /** fchown(2). */
    public static final int FCHOWN = 93;

    /** lchown(2). */
    public static final int LCHOWN = 94;

    /** umask(2). */
    public static final int UMASK = 95;

    /** gettimeofday(2). */
    public static final int GETTIMEOFDAY = 96;

    /** getrlimit(2). */
    public static final int GETRLIMIT = 97;

    /** getrusage(2). */
    public static final int GETRUSAGE = 98;

    /** sysinfo(2). */
    public static final int SYSINFO = 99;

    /** times(2). */
    public static final int TIMES = 100;

    /** ptrace(2). */
    public static final int PTRACE = 101;

    /** getuid(2). */
    public static final int GETUID = 102;

    /** syslog(2). */
    public static final int SYSLOG = 103;

    /** getgid(2). */
    public static final int GETGID = 104;

    /** setuid(2). */
    public static final int SETUID = 105;

    /** setgid(2). */
    public static final int SETGID = 106;

    /** geteuid(2). */
    public static final int GETEUID = 107;

    /** getegid(2). */
    public static final int GETEGID = 108;

    /** setpgid(2). */
    public static final int SETPGID = 109;

    /** getppid(2). */
    public static final int GETPPID = 110;

    /** getpgrp(2). */
    public static final int GETPGRP = 111;

    /** setsid(2). */
    public static final int SETSID = 112;

    /** setreuid(2). */
    public static final int SETREUID = 113;

    /** setregid(2). */
    public static final int SETREGID = 114;

    /** getgroups(2). */
    public static final int GETGROUPS = 115;

    /** setgroups(2). */
    public static final int SETGROUPS = 116;

    /** setresuid(2). */
    public static final int SETRESUID = 117;

    /** getresuid(2). */
    public static final int GETRESUID = 118;

    /** setresgid(2). */
    public static final int SETRESGID = 119;

    /** getresgid(2). */
    public static final int GETRESGID = 120;

    /** getpgid(2). */
    public static final int GETPGID = 121;

    /** setfsuid(2). */
    public static final int SETFSUID = 122;

    /** setfsgid(2). */
    public static final int SETFSGID = 123;

    /** getsid(2). */
    public static final int GETSID = 124;

    /** capget(2). */
    public static final int CAPGET = 125;

    /** capset(2). */
    public static final int CAPSET = 126;

    /** rt_sigpending(2). */
    public static final int RT_SIGPENDING = 127;

    /** rt_sigtimedwait(2). */
    public static final int RT_SIGTIMEDWAIT = 128;

    /** rt_sigqueueinfo(2). */
    public static final int RT_SIGQUEUEINFO = 129;

    /** rt_sigsuspend(2). */
    public static final int RT_SIGSUSPEND = 130;

    /** sigaltstack(2). */
    public static final int SIGALTSTACK = 131;

    /** utime(2). */
    public static final int UTIME = 132;

    /** mknod(2). */
    public static final int MKNOD = 133;

    /** uselib(2). */
    public static final int USELIB = 134;

    /** personality(2). */
    public static final int PERSONALITY = 135;

    /** ustat(2). */
    public static final int USTAT = 136;

    /** statfs(2). */
    public static final int STATFS = 137;

    /** fstatfs(2). */
    public static final int FSTATFS = 138;

    /** sysfs(2). */
    public static final int SYSFS = 139;

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

    /** sched_get_priority_max(2). */
    public static final int SCHED_GET_PRIORITY_MAX = 146;

    /** sched_get_priority_min(2). */
    public static final int SCHED_GET_PRIORITY_MIN = 147;

    /** sched_rr_get_interval(2). */
    public static final int SCHED_RR_GET_INTERVAL = 148;

    /** mlock(2). */
    public static final int MLOCK = 149;

    /** munlock(2). */
    public static final int MUNLOCK = 150;

    /** mlockall(2). */
    public static final int MLOCKALL = 151;

    /** munlockall(2). */
    public static final int MUNLOCKALL = 152;

    /** vhangup(2). */
    public static final int VHANGUP = 153;

    /** modify_ldt(2). */
    public static final int MODIFY_LDT = 154;

    /** pivot_root(2). */
    public static final int PIVOT_ROOT = 155;

    /** _sysctl(2). */
    public static final int _SYSCTL = 156;

    /** prctl(2). */
    public static final int PRCTL = 157;

    /** arch_prctl(2). */
    public static final int ARCH_PRCTL = 158;

    /** adjtimex(2). */
    public static final int ADJTIMEX = 159;

    /** setrlimit(2). */
    public static final int SETRLIMIT = 160;

    /** chroot(2). */
    public static final int CHROOT = 161;

    /** sync(2). */
    public static final int SYNC = 162;

    /** acct(2). */
    public static final int ACCT = 163;

    /** settimeofday(2). */
    public static final int SETTIMEOFDAY = 164;

    /** mount(2). */
    public static final int MOUNT = 165;

    /** umount2(2). */
    public static final int UMOUNT2 = 166;

    /** swapon(2). */
    public static final int SWAPON = 167;

    /** swapoff(2). */
    public static final int SWAPOFF = 168;

    /** reboot(2). */
    public static final int REBOOT = 169;

    /** sethostname(2). */
    public static final int SETHOSTNAME = 170;

    /** setdomainname(2). */
    public static final int SETDOMAINNAME = 171;

    /** iopl(2). */
    public static final int IOPL = 172;

    /** ioperm(2). */
    public static final int IOPERM = 173;

    /** create_module(2). */
    public static final int CREATE_MODULE = 174;

    /** init_module(2). */
    public static final int INIT_MODULE = 175;

    /** delete_module(2). */
    public static final int DELETE_MODULE = 176;

    /** get_kernel_syms(2). */
    public static final int GET_KERNEL_SYMS = 177;

    /** query_module(2). */
    public static final int QUERY_MODULE = 178;

    /** quotactl(2). */
    public static final int QUOTACTL = 179;

    /** nfsservctl(2). */
    public static final int NFSSERVCTL = 180;

    /** getpmsg(2). */
    public static final int GETPMSG = 181;

    /** putpmsg(2). */
    public static final int PUTPMSG = 182;

    /** afs_syscall(2). */
    public static final int AFS_SYSCALL = 183;

    /** tuxcall(2). */
    public static final int TUXCALL = 184;

    /** security(2). */
    public static final int SECURITY = 185;

    /** gettid(2). */
    public static final int GETTID = 186;

    /** readahead(2). */
    public static final int READAHEAD = 187;

    /** setxattr(2). */
    public static final int SETXATTR = 188;

    /** lsetxattr(2). */
    public static final int LSETXATTR = 189;

    /** fsetxattr(2). */
    public static final int FSETXATTR = 190;

    /** getxattr(2). */
    public static final int GETXATTR = 191;

    /** lgetxattr(2). */
    public static final int LGETXATTR = 192;

    /** fgetxattr(2). */
    public static final int FGETXATTR = 193;

    /** listxattr(2). */
    public static final int LISTXATTR = 194;

    /** llistxattr(2). */
    public static final int LLISTXATTR = 195;

    /** flistxattr(2). */
    public static final int FLISTXATTR = 196;

    /** removexattr(2). */
    public static final int REMOVEXATTR = 197;

    /** lremovexattr(2). */
    public static final int LREMOVEXATTR = 198;

    /** fremovexattr(2). */
    public static final int FREMOVEXATTR = 199;

    /** tkill(2). */
    public static final int TKILL = 200;

    /** time(2). */
    public static final int TIME = 201;

    /** futex(2). */
    public static final int FUTEX = 202;

    /** sched_setaffinity(2). */
    public static final int SCHED_SETAFFINITY = 203;

    /** sched_getaffinity(2). */
    public static final int SCHED_GETAFFINITY = 204;

    /** set_thread_area(2). */
    public static final int SET_THREAD_AREA = 205;

    /** io_setup(2). */
    public static final int IO_SETUP = 206;

    /** io_destroy(2). */
    public static final int IO_DESTROY = 207;

    /** io_getevents(2). */
    public static final int IO_GETEVENTS = 208;

    /** io_submit(2). */
    public static final int IO_SUBMIT = 209;

    /** io_cancel(2). */
    public static final int IO_CANCEL = 210;

    /** get_thread_area(2). */
    public static final int GET_THREAD_AREA = 211;

    /** lookup_dcookie(2). */
    public static final int LOOKUP_DCOOKIE = 212;

    /** epoll_create(2). */
    public static final int EPOLL_CREATE = 213;

    /** epoll_ctl_old(2). */
    public static final int EPOLL_CTL_OLD = 214;

    /** epoll_wait_old(2). */
    public static final int EPOLL_WAIT_OLD = 215;

    /** remap_file_pages(2). */
    public static final int REMAP_FILE_PAGES = 216;

    /** getdents64(2). */
    public static final int GETDENTS64 = 217;

    /** set_tid_address(2). */
    public static final int SET_TID_ADDRESS = 218;

    /** restart_syscall(2). */
    public static final int RESTART_SYSCALL = 219;

    /** semtimedop(2). */
    public static final int SEMTIMEDOP = 220;

    /** fadvise64(2). */
    public static final int FADVISE64 = 221;

    /** timer_create(2). */
    public static final int TIMER_CREATE = 222;

    /** timer_settime(2). */
    public static final int TIMER_SETTIME = 223;

    /** timer_gettime(2). */
    public static final int TIMER_GETTIME = 224;

    /** timer_getoverrun(2). */
    public static final int TIMER_GETOVERRUN = 225;

    /** timer_delete(2). */
    public static final int TIMER_DELETE = 226;

    /** clock_settime(2). */
    public static final int CLOCK_SETTIME = 227;

    /** clock_gettime(2). */
    public static final int CLOCK_GETTIME = 228;

    /** clock_getres(2). */
    public static final int CLOCK_GETRES = 229;

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

    /** utimes(2). */
    public static final int UTIMES = 235;

    /** vserver(2). */
    public static final int VSERVER = 236;

    /** mbind(2). */
    public static final int MBIND = 237;

    /** set_mempolicy(2). */
    public static final int SET_MEMPOLICY = 238;

    /** get_mempolicy(2). */
    public static final int GET_MEMPOLICY = 239;

    /** mq_open(2). */
    public static final int MQ_OPEN = 240;

    /** mq_unlink(2). */
    public static final int MQ_UNLINK = 241;

    /** mq_timedsend(2). */
    public static final int MQ_TIMEDSEND = 242;

    /** mq_timedreceive(2). */
    public static final int MQ_TIMEDRECEIVE = 243;

    /** mq_notify(2). */
    public static final int MQ_NOTIFY = 244;

    /** mq_getsetattr(2). */
    public static final int MQ_GETSETATTR = 245;

    /** kexec_load(2). */
    public static final int KEXEC_LOAD = 246;

    /** waitid(2). */
    public static final int WAITID = 247;

    /** add_key(2). */
    public static final int ADD_KEY = 248;

    /** request_key(2). */
    public static final int REQUEST_KEY = 249;

    /** keyctl(2). */
    public static final int KEYCTL = 250;

    /** ioprio_set(2). */
    public static final int IOPRIO_SET = 251;

    /** ioprio_get(2). */
    public static final int IOPRIO_GET = 252;

    /** inotify_init(2). */
    public static final int INOTIFY_INIT = 253;

    /** inotify_add_watch(2). */
    public static final int INOTIFY_ADD_WATCH = 254;

    /** inotify_rm_watch(2). */
    public static final int INOTIFY_RM_WATCH = 255;

    /** migrate_pages(2). */
    public static final int MIGRATE_PAGES = 256;

    /** openat(2). */
    public static final int OPENAT = 257;

    /** mkdirat(2). */
    public static final int MKDIRAT = 258;

    /** mknodat(2). */
    public static final int MKNODAT = 259;

    /** fchownat(2). */
    public static final int FCHOWNAT = 260;

    /** futimesat(2). */
    public static final int FUTIMESAT = 261;

    /** newfstatat(2). */
    public static final int NEWFSTATAT = 262;

    /** unlinkat(2). */
    public static final int UNLINKAT = 263;

    /** renameat(2). */
    public static final int RENAMEAT = 264;

    /** linkat(2). */
    public static final int LINKAT = 265;

    /** symlinkat(2). */
    public static final int SYMLINKAT = 266;

    /** readlinkat(2). */
    public static final int READLINKAT = 267;

    /** fchmodat(2). */
    public static final int FCHMODAT = 268;

    /** faccessat(2). */
    public static final int FACCESSAT = 269;

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

    /** sync_file_range(2). */
    public static final int SYNC_FILE_RANGE = 277;

    /** vmsplice(2). */
    public static final int VMSPLICE = 278;

    /** move_pages(2). */
    public static final int MOVE_PAGES = 279;

    /** utimensat(2). */
    public static final int UTIMENSAT = 280;

    /** epoll_pwait(2). */
    public static final int EPOLL_PWAIT = 281;

    /** signalfd(2). */
    public static final int SIGNALFD = 282;

    /** timerfd_create(2). */
    public static final int TIMERFD_CREATE = 283;

    /** eventfd(2). */
    public static final int EVENTFD = 284;

    /** fallocate(2). */
    public static final int FALLOCATE = 285;

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

    /** preadv(2). */
    public static final int PREADV = 295;

    /** pwritev(2). */
    public static final int PWRITEV = 296;

    /** rt_tgsigqueueinfo(2). */
    public static final int RT_TGSIGQUEUEINFO = 297;

    /** perf_event_open(2). */
    public static final int PERF_EVENT_OPEN = 298;

    /** recvmmsg(2). */
    public static final int RECVMMSG = 299;

    /** fanotify_init(2). */
    public static final int FANOTIFY_INIT = 300;

    /** fanotify_mark(2). */
    public static final int FANOTIFY_MARK = 301;

    /** prlimit64(2). */
    public static final int PRLIMIT64 = 302;

    /** name_to_handle_at(2). */
    public static final int NAME_TO_HANDLE_AT = 303;

    /** open_by_handle_at(2). */
    public static final int OPEN_BY_HANDLE_AT = 304;

    /** clock_adjtime(2). */
    public static final int CLOCK_ADJTIME = 305;

    /** syncfs(2). */
    public static final int SYNCFS = 306;

    /** sendmmsg(2). */
    public static final int SENDMMSG = 307;

    /** setns(2). */
    public static final int SETNS = 308;

    /** getcpu(2). */
    public static final int GETCPU = 309;

    /** process_vm_readv(2). */
    public static final int PROCESS_VM_READV = 310;

    /** process_vm_writev(2). */
    public static final int PROCESS_VM_WRITEV = 311;

    /** kcmp(2). */
    public static final int KCMP = 312;

    /** finit_module(2). */
    public static final int FINIT_MODULE = 313;

    /** sched_setattr(2). */
    public static final int SCHED_SETATTR = 314;

    /** sched_getattr(2). */
    public static final int SCHED_GETATTR = 315;

    /** renameat2(2). */
    public static final int RENAMEAT2 = 316;

    /** seccomp(2). */
    public static final int SECCOMP = 317;

    /** getrandom(2). */
    public static final int GETRANDOM = 318;

    /** memfd_create(2). */
    public static final int MEMFD_CREATE = 319;

    /** kexec_file_load(2). */
    public static final int KEXEC_FILE_LOAD = 320;

    /** bpf(2). */
    public static final int BPF = 321;

    /** execveat(2). */
    public static final int EXECVEAT = 322;

    /** userfaultfd(2). */
    public static final int USERFAULTFD = 323;

    /** membarrier(2). */
    public static final int MEMBARRIER = 324;

    /** mlock2(2). */
    public static final int MLOCK2 = 325;

    /** copy_file_range(2). */
    public static final int COPY_FILE_RANGE = 326;

    /** preadv2(2). */
    public static final int PREADV2 = 327;

    /** pwritev2(2). */
    public static final int PWRITEV2 = 328;

    /** pkey_mprotect(2). */
    public static final int PKEY_MPROTECT = 329;

    /** pkey_alloc(2). */
    public static final int PKEY_ALLOC = 330;

    /** pkey_free(2). */
    public static final int PKEY_FREE = 331;

    /** statx(2). */
    public static final int STATX = 332;

    /** io_pgetevents(2). */
    public static final int IO_PGETEVENTS = 333;

    /** rseq(2). */
    public static final int RSEQ = 334;

    /** pidfd_send_signal(2). */
    public static final int PIDFD_SEND_SIGNAL = 424;

    /** io_uring_setup(2). */
    public static final int IO_URING_SETUP = 425;

    /** io_uring_enter(2). */
    public static final int IO_URING_ENTER = 426;

    /** io_uring_register(2). */
    public static final int IO_URING_REGISTER = 427;

    /** open_tree(2). */
    public static final int OPEN_TREE = 428;

    /** move_mount(2). */
    public static final int MOVE_MOUNT = 429;

    /** fsopen(2). */
    public static final int FSOPEN = 430;

    /** fsconfig(2). */
    public static final int FSCONFIG = 431;

    /** fsmount(2). */
    public static final int FSMOUNT = 432;

    /** fspick(2). */
    public static final int FSPICK = 433;

    /** pidfd_open(2). */
    public static final int PIDFD_OPEN = 434;

    /** clone3(2). */
    public static final int CLONE3 = 435;

    /** close_range(2). */
    public static final int CLOSE_RANGE = 436;

    /** openat2(2). */
    public static final int OPENAT2 = 437;

    /** pidfd_getfd(2). */
    public static final int PIDFD_GETFD = 438;

    /** faccessat2(2). */
    public static final int FACCESSAT2 = 439;

    /** process_madvise(2). */
    public static final int PROCESS_MADVISE = 440;

    /** epoll_pwait2(2). */
    public static final int EPOLL_PWAIT2 = 441;

    /** mount_setattr(2). */
    public static final int MOUNT_SETATTR = 442;

    /** quotactl_fd(2). */
    public static final int QUOTACTL_FD = 443;

    /** landlock_create_ruleset(2). */
    public static final int LANDLOCK_CREATE_RULESET = 444;

    /** landlock_add_rule(2). */
    public static final int LANDLOCK_ADD_RULE = 445;

    /** landlock_restrict_self(2). */
    public static final int LANDLOCK_RESTRICT_SELF = 446;

    /** memfd_secret(2). */
    public static final int MEMFD_SECRET = 447;

    /** process_mrelease(2). */
    public static final int PROCESS_MRELEASE = 448;

    /** futex_waitv(2). */
    public static final int FUTEX_WAITV = 449;

    /** set_mempolicy_home_node(2). */
    public static final int SET_MEMPOLICY_HOME_NODE = 450;

    /** cachestat(2). */
    public static final int CACHESTAT = 451;

    /** fchmodat2(2). */
    public static final int FCHMODAT2 = 452;

    /** map_shadow_stack(2). */
    public static final int MAP_SHADOW_STACK = 453;

    /** futex_wake(2). */
    public static final int FUTEX_WAKE = 454;

    /** futex_wait(2). */
    public static final int FUTEX_WAIT = 455;

    /** futex_requeue(2). */
    public static final int FUTEX_REQUEUE = 456;

    /** statmount(2). */
    public static final int STATMOUNT = 457;

    /** listmount(2). */
    public static final int LISTMOUNT = 458;

    /** lsm_get_self_attr(2). */
    public static final int LSM_GET_SELF_ATTR = 459;

    /** lsm_set_self_attr(2). */
    public static final int LSM_SET_SELF_ATTR = 460;

    /** lsm_list_modules(2). */
    public static final int LSM_LIST_MODULES = 461;

    /** mseal(2). */
    public static final int MSEAL = 462;

    /** setxattrat(2). */
    public static final int SETXATTRAT = 463;

    /** getxattrat(2). */
    public static final int GETXATTRAT = 464;

    /** listxattrat(2). */
    public static final int LISTXATTRAT = 465;

    /** removexattrat(2). */
    public static final int REMOVEXATTRAT = 466;

    /** open_tree_attr(2). */
    public static final int OPEN_TREE_ATTR = 467;

    private Nr() {}
}
