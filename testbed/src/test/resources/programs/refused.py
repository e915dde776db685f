# Takes something that no process can take to another node, says "ready", and ends with "alive" when it is told to.
import atexit, ctypes, fcntl, mmap, os, select, signal, socket, struct, sys, time

libc = ctypes.CDLL(None, use_errno=True)
kept = []


def call(number, *arguments):
    result = libc.syscall(number, *[ctypes.c_long(x) if isinstance(x, int) else x for x in arguments])
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def bound(family, kind, listening=False):
    server = socket.socket(family, kind)
    server.bind(("127.0.0.1", 0))
    if listening:
        server.listen()
    return server


def written(name):
    file = open(name, "w+")
    file.write("x" * 5000)
    file.flush()
    return file


def deleted_mapping():
    file = written("deleted-mapping")
    memory = mmap.mmap(file.fileno(), 4096)
    file.close()
    os.unlink("deleted-mapping")
    return memory


def deleted():
    file = written("deleted")
    os.unlink("deleted")
    return file


def segment():
    number = libc.shmget(0, 4096, 0o1600)
    libc.shmat.restype = ctypes.c_void_p
    libc.shmat(number, None, 0)
    atexit.register(libc.shmctl, number, 0, None)


def gone():
    os.mkdir("gone")
    os.chdir("gone")
    os.rmdir("../gone")


def named_pipe():
    os.mkfifo("fifo")
    return os.open("fifo", os.O_RDWR)


def locked(name, command, argument):
    file = written(name)
    fcntl.fcntl(file, command, argument)
    return file


def wanted_lock():
    file = locked("record-lock", fcntl.F_SETLK, whole)
    if os.fork() == 0:
        libc.prctl(1, signal.SIGKILL)
        fcntl.fcntl(open("record-lock", "r+"), fcntl.F_SETLKW, whole)
    while b"->" not in open("/proc/locks", "rb").read():
        time.sleep(0.01)
    return file


def with_another_name():
    file = written("linked")
    os.link("linked", "other")
    os.unlink("linked")
    return file


def receiver():
    box = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    box.bind("")
    return box


def signals_for_input():
    end, other = os.pipe()
    fcntl.fcntl(end, fcntl.F_SETFL, fcntl.fcntl(end, fcntl.F_GETFL) | os.O_ASYNC)
    return end, other


def own(flag):
    return lambda: call(272, flag)


def shared(make):
    def kind():
        file = make()
        if os.fork() == 0:
            libc.prctl(1, signal.SIGKILL)
            time.sleep(1000)
        return file

    return kind


def ended():
    child = os.fork()
    if child == 0:
        os._exit(0)
    process = os.pidfd_open(child)
    os.waitpid(child, 0)
    return process


def watching_a_closed_one():
    watcher = select.epoll()
    end, other = os.pipe()
    watcher.register(end)
    lasting = os.dup(end)
    os.close(end)
    return watcher, lasting, other


def untold():
    queue = call(294, 0)
    libc.inotify_add_watch(queue, b".", 0x100)
    open("new", "w").close()
    return queue


whole = struct.pack("hhqqi", 1, 0, 0, 0, 0)
kinds = {
    "epoll": shared(select.epoll),
    "epoll-closed": watching_a_closed_one,
    "eventfd": shared(lambda: os.eventfd(3)),
    "timerfd": shared(lambda: call(283, 1, 0)),
    "signalfd": shared(lambda: call(289, -1, ctypes.byref(ctypes.c_ulong(1 << 9)), 8, 0)),
    "inotify": untold,
    "pidfd": ended,
    "memfd": shared(lambda: os.memfd_create("x")),
    "userfaultfd": lambda: call(323, 1),
    "deleted": shared(deleted),
    "deleted-linked": with_another_name,
    "deleted-mapping": shared(deleted_mapping),
    "shared-memory": shared(lambda: mmap.mmap(-1, 8192)),
    "segment": segment,
    "udp": lambda: bound(socket.AF_INET, socket.SOCK_DGRAM),
    "listening": lambda: bound(socket.AF_INET, socket.SOCK_STREAM, True),
    "unix-datagrams": receiver,
    "netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0),
    "named-pipe": named_pipe,
    "record-lock": wanted_lock,
    "description-lock": shared(lambda: locked("description-lock", 37, whole)),
    "lease": lambda: locked("lease", 1024, fcntl.F_WRLCK),
    "async": signals_for_input,
    "proc": lambda: open("/proc/self/status"),
    "proc-load": lambda: open("/proc/loadavg"),
    "sys": lambda: open("/sys/kernel/mm/transparent_hugepage/enabled"),
    "terminal": os.openpty,
    "log": lambda: os.open("/dev/kmsg", os.O_RDONLY),
    "trap": lambda: signal.signal(signal.SIGTRAP, signal.SIG_IGN),
    "gone": gone,
    "node-file": lambda: open("/node/refused", "w+"),
    "node-directory": lambda: os.open("/node", os.O_RDONLY | os.O_DIRECTORY),
    "node-position": lambda: os.chdir("/node"),
    "node-root": lambda: os.chroot("/node"),
    "user-space": own(0x10000000),
    "mount-space": own(0x20000),
    "name-space": own(0x4000000),
    "ipc-space": own(0x8000000),
    "net-space": own(0x40000000),
    "pid-space": own(0x20000000),
    "cgroup-space": own(0x2000000),
    "time-space": own(0x80),
}

signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
kept.append(kinds[sys.argv[1]]())
print("ready", flush=True)
signal.sigwait({signal.SIGUSR1})
print("alive", flush=True)
