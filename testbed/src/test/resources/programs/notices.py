# A child answers questions; a signal tells that an answer has come, from a pipe and from a socket.
import fcntl, os, signal, socket, sys, time

questions, asked = os.pipe()
answers, answered = os.pipe()
near, far = socket.socketpair()
numbers = {answers: signal.SIGRTMIN + 3, near.fileno(): signal.SIGIO}
signal.pthread_sigmask(signal.SIG_BLOCK, numbers.values())
if os.fork() == 0:
    while question := os.read(questions, 1):
        (far.send if question == b'n' else lambda answer: os.write(answered, answer))(question)
    os._exit(0)
for end in answers, near.fileno():
    fcntl.fcntl(end, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(end, 10, 0 if end == near.fileno() else numbers[end])
    fcntl.fcntl(end, fcntl.F_SETFL, fcntl.fcntl(end, fcntl.F_GETFL) | os.O_ASYNC)
laps = 0
while not os.path.exists(sys.argv[1]):
    for question, end in (b'n', near.fileno()), (b'a', answers):
        os.write(asked, question)
        told = signal.sigtimedwait(numbers.values(), 20)
        assert told and told.si_signo == numbers[end], (laps, question, told)
        assert os.read(end, 1) == question
        assert not signal.sigpending(), (laps, signal.sigpending())
    laps += 1
    if laps % 20 == 0:
        print(laps, flush=True)
    time.sleep(0.002)
flags = [fcntl.fcntl(end, fcntl.F_GETFL) & os.O_ASYNC != 0 for end in (answers, near.fileno())]
print('end', [fcntl.fcntl(end, fcntl.F_GETOWN) == os.getpid() for end in numbers], flags, flush=True)
