# An event loop that waits in epoll for lines of a socket, for other threads, for signals and for the time.
import asyncio, os, signal, socket, sys, threading

laps = int(sys.argv[1])


async def main():
    loop = asyncio.get_running_loop()
    ours, theirs = socket.socketpair()
    lines, unused = await asyncio.open_connection(sock=ours)
    silent, writer = await asyncio.open_connection(sock=theirs)
    told = asyncio.Queue()
    loop.add_signal_handler(signal.SIGUSR1, told.put_nowait, "signal")
    total = 0
    for lap in range(1, laps + 1):
        writer.write(f"{lap}\n".encode())
        await writer.drain()
        total = (total * 31 + int(await lines.readline())) % 1000000007
        await asyncio.sleep(0.001)
        if lap % 50 == 0:
            threading.Thread(target=loop.call_soon_threadsafe, args=(told.put_nowait, "thread")).start()
            print(lap, total, await told.get(), flush=True)
            os.kill(os.getpid(), signal.SIGUSR1)
            print(await told.get(), flush=True)
    unused.close()
    assert not await silent.read()


asyncio.run(main())
sys.exit(13)
