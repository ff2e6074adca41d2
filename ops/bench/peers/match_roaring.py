"""The part `match` over pyroaring: a compressed bitmap a value, joined by "and", the hits ranked by numpy."""

import numpy as np
from pyroaring import BitMap

import columns
from product_bitmaps import CHECKED, Bitmaps
from turns import take_turns

FIRMS = 500

firms = columns.enterprises(FIRMS)
bitmaps = Bitmaps(firms)
attributes = [
    ([BitMap(np.flatnonzero(row).tolist()) for row in rows], needed.tolist()) for rows, needed in bitmaps.attributes
]
scores = firms["score"].astype(np.int64)


def matched(firm):
    hits = None
    for rows, needed in attributes:
        row = rows[needed[firm]]
        if hits is None:
            hits = row.copy()
        else:
            hits &= row
    products = np.array(hits.to_array(), np.int64)
    ranks = bitmaps.base[products] + (scores[firm] - bitmaps.lowest[products]) * bitmaps.weight[products]
    if len(ranks) > 10:
        ranks = np.partition(ranks, len(ranks) - 10)[-10:]
    return len(products), int(ranks.sum())


def work():
    eligible, ranked = 0, 0
    for firm in range(FIRMS):
        count, best = matched(firm)
        if firm < CHECKED:
            eligible += count
            ranked += best
    return [eligible, ranked]


take_turns(work)
