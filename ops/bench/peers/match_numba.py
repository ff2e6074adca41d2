"""Native code for the part `match`: bitmaps joined word by word, compiled by numba. Rows that an enterprise needs are known beforehand."""

import numba
import numpy as np
from numba.cpython.unsafe.numbers import trailing_zeros

import columns
from product_bitmaps import CHECKED, PRODUCTS, Bitmaps
from turns import take_turns

FIRMS = 20_000
WORDS = (PRODUCTS + 63) // 64

firms = columns.enterprises(FIRMS)
bitmaps = Bitmaps(firms)


def packed(rows):
    padded = np.zeros((len(rows), WORDS * 64), bool)
    padded[:, :PRODUCTS] = rows
    return np.packbits(padded, axis=1, bitorder="little").view("<u8")


words = np.concatenate([packed(rows) for rows, _ in bitmaps.attributes])
starts = np.cumsum([0] + [len(rows) for rows, _ in bitmaps.attributes][:-1])
needed = np.stack([start + row.astype(np.int64) for start, (_, row) in zip(starts, bitmaps.attributes)], axis=1)
# A row of ones need not be read.
full = np.concatenate([rows.all(axis=1) for rows, _ in bitmaps.attributes])
scores = firms["score"].astype(np.int32)


@numba.njit
def match(words, needed, full, scores, base, weight, lowest, counts, ranks):
    common = np.empty(words.shape[1], np.uint64)
    best = np.empty(10, np.int32)
    read = np.empty(needed.shape[1] + 3, np.int64)
    for firm in range(len(scores)):
        reads = 0
        for row in needed[firm]:
            if not full[row]:
                read[reads] = row
                reads += 1
        # Four at a time; the last may come twice.
        for more in range(3):
            read[reads + more] = read[reads - 1]
        for first in range(0, reads, 4):
            a, b, c, d = words[read[first]], words[read[first + 1]], words[read[first + 2]], words[read[first + 3]]
            if first == 0:
                for place in range(len(common)):
                    common[place] = a[place] & b[place] & c[place] & d[place]
            else:
                for place in range(len(common)):
                    common[place] &= a[place] & b[place] & c[place] & d[place]
        count, kept, score = 0, 0, scores[firm]
        for place in range(len(common)):
            word = common[place]
            while word != 0:
                product = place * 64 + trailing_zeros(word)
                word &= word - np.uint64(1)
                count += 1
                rank = base[product] + (score - lowest[product]) * weight[product]
                if kept < 10:
                    kept += 1
                elif rank <= best[9]:
                    continue
                slot = kept - 1
                while slot > 0 and best[slot - 1] < rank:
                    best[slot] = best[slot - 1]
                    slot -= 1
                best[slot] = rank
        counts[firm] = count
        ranks[firm] = best[:kept].sum()


counts = np.zeros(FIRMS, np.int64)
ranks = np.zeros(FIRMS, np.int64)


def work():
    match(words, needed, full, scores, bitmaps.base, bitmaps.weight, bitmaps.lowest, counts, ranks)
    return [int(counts[:CHECKED].sum()), int(ranks[:CHECKED].sum())]


take_turns(work)
