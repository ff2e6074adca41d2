"""The Merkle tree of RFC 9162 over hashlib: the peer of the part `ledger`.

Asks for the number of entries, prints the seconds that appending them took and the root. The entries are those of LedgerBench.
"""

import hashlib
import sys
import time

count = int(sys.argv[1])
leaves = [bytes((place * 31 + number * 7 + (number >> 8)) & 255 for place in range(230)) for number in range(1_000)]
sha256 = hashlib.sha256

begin = time.perf_counter()
subtrees = []
for index in range(count):
    node = sha256(b"\0" + leaves[index % 1_000]).digest()
    while index & 1:
        node = sha256(b"\1" + subtrees.pop() + node).digest()
        index >>= 1
    subtrees.append(node)
root = subtrees.pop()
while subtrees:
    root = sha256(b"\1" + subtrees.pop() + root).digest()
seconds = time.perf_counter() - begin
print(seconds, root.hex())
