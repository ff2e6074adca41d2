"""How a peer in Python takes turns with ours.

A peer gets ready and says so; then it works once for each line that it reads, and prints its seconds and its check, whole numbers.
"""

import sys
import time


def take_turns(work):
    """`work` does all of it once and returns its check. It runs once beforehand, unmeasured."""
    work()
    print("ready", flush=True)
    for _ in sys.stdin:
        begin = time.perf_counter()
        check = work()
        seconds = time.perf_counter() - begin
        print(seconds, *check, flush=True)
