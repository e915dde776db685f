"""Drives an interactive shell on a terminal: a job is stopped, continued in the background, fetched and interrupted."""

import os
import pty
import select
import sys
import time

moved = sys.argv[1]
pid, master = pty.fork()
if pid == 0:
    os.environ["PS1"] = "ready> "
    os.execv("/bin/bash", ["bash", "--norc", "--noprofile", "-i"])
seen = ""


def expect(text):
    global seen
    end = time.time() + 30
    while text not in seen:
        if time.time() > end or not select.select([master], [], [], 1)[0] and time.time() > end:
            print("missing:", text, "in", repr(seen))
            sys.exit(1)
        if select.select([master], [], [], 0.1)[0]:
            seen += os.read(master, 4096).decode()
    seen = seen[seen.index(text) + len(text):]


def say(text):
    os.write(master, text.encode())


def foreground_is_shell():
    return os.tcgetpgrp(master) == pid


expect("ready> ")
say("sleep 4999\n")
while foreground_is_shell():
    time.sleep(0.02)
while not os.path.exists(moved):
    time.sleep(0.02)
say("\x1a")
expect("Stopped")
expect("ready> ")
say("bg; jobs\n")
expect("Running")
expect("ready> ")
say("fg\n")
expect("sleep 4999")
while foreground_is_shell():
    time.sleep(0.02)
say("\x03")
expect("ready> ")
say("echo code $?\n")
expect("code 130")
say("exit\n")
os.waitpid(pid, 0)
print("jobs ok")
