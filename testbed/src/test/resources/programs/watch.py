# Starts children, some of which live on for a while, and learns by descriptors of them how they end.
import os, select, signal, sys

laps = int(sys.argv[1])
total = 0
poll = select.epoll()
running = {}


def start(lap):
    child = os.posix_spawn("/bin/sh", ["sh", "-c", f"sleep 0.0{lap % 9}; exit {lap % 100}"], os.environ)
    descriptor = os.pidfd_open(child)
    poll.register(descriptor, select.EPOLLIN)
    running[descriptor] = (child, lap)


def ended(descriptor):
    child, lap = running.pop(descriptor)
    result = os.waitid(os.P_PIDFD, descriptor, os.WEXITED)
    assert (result.si_pid, result.si_code, result.si_status) == (child, os.CLD_EXITED, lap % 100), (lap, result)
    poll.unregister(descriptor)
    os.close(descriptor)
    return lap


for lap in range(1, laps + 1):
    start(lap)
    while len(running) > 2 or (lap == laps and running):
        for descriptor, _ in poll.poll():
            total += ended(descriptor) * 3
    if lap % 20 == 0:
        print(lap, flush=True)
killed = os.posix_spawn("/bin/sleep", ["sleep", "1000"], os.environ)
descriptor = os.pidfd_open(killed)
signal.pidfd_send_signal(descriptor, signal.SIGKILL)
print(total, os.waitid(os.P_PIDFD, descriptor, os.WEXITED).si_status, flush=True)
sys.exit(14)
