"""Big numbers, dictionaries, generators, threads, hashes and a file; the result depends on all of them."""

import hashlib
import os
import random
import sys
import threading

laps = int(sys.argv[1])
path = sys.argv[2]
pid = os.getpid()
numbers = random.Random(42)
table = {}
digest = hashlib.sha256()
results = [0] * 4


def primes():
    found = []
    candidate = 2
    while True:
        if all(candidate % p for p in found if p * p <= candidate):
            found.append(candidate)
            yield candidate
        candidate += 1


def count(index):
    for step in range(20000):
        results[index] = (results[index] * 31 + step + index) % 1000003


source = primes()
big = 1
with open(path, "w+") as log:
    for lap in range(laps):
        for _ in range(2000):
            key = numbers.randrange(5000)
            table[key] = table.get(key, 0) + key * lap
        big = (big * (10**40 + 7) + next(source)) % (2**521 - 1)
        digest.update(str(big).encode())
        log.write(f"{lap} {big % 1000003}\n")
        if lap % 25 == 0:
            workers = [threading.Thread(target=count, args=(i,)) for i in range(4)]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
            print("lap", lap, digest.hexdigest()[:16], flush=True)
        assert os.getpid() == pid
    log.seek(0)
    digest.update(log.read().encode())
digest.update(repr(sorted(table.items())).encode())
print(digest.hexdigest(), results)
sys.exit(9)
