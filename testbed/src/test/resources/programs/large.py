# Writes 1, 2, 3, ... to a ledger until a file appears, and keeps 96 MiB of memory whole meanwhile.
import os
import sys
import time

block = os.urandom(1 << 20)
memory = bytearray(block * 96)
lap = 0
with open(sys.argv[1], "w", buffering=1) as ledger:
    while not os.path.exists(sys.argv[2]):
        lap += 1
        ledger.write(f"{lap}\n")
        time.sleep(0.01)
print("whole" if memory == block * 96 else "damaged", lap)
