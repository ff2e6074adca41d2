"""Which products take which value of which attribute: what the two peers of the part `match` are made of."""

import numpy as np

import columns

PRODUCTS = 40_000
# So many of the first enterprises go into the check.
CHECKED = 5


class Bitmaps:
    """By attribute one row of products a value, and the row that each enterprise needs. Thresholds are looked up here, before any clock runs."""

    def __init__(self, firms):
        products = columns.conditions("prod", PRODUCTS)
        self.base = products["base_rank"].astype(np.int32)
        self.weight = products["mw"].astype(np.int32)
        self.lowest = products["score_min"].astype(np.int32)
        # Of a pair the products that take it, and by enterprise the row.
        self.attributes = [
            (columns.takes("prod", "regions", PRODUCTS, columns.REGIONS), firms["region"]),
            (columns.takes("prod", "industries", PRODUCTS, columns.INDUSTRIES), firms["industry"]),
            (columns.bits(products["sizemask"], columns.SIZES), firms["size"]),
            (columns.bits(products["taxmask"], columns.TAXES), firms["tax"]),
            (products["overdue_max"][None, :] >= np.arange(columns.OVERDUES)[:, None], firms["overdue"]),
            at_least(products["years_min"], firms["years"]),
            at_least(products["rev_min"], firms["revenue"]),
            at_most(products["rev_max"], firms["revenue"]),
            at_least(products["score_min"], firms["score"]),
            at_most(products["debt_max"], firms["debt"]),
        ]
        # A flag that some product asks for or forbids: the products that do not mind its being off, and on.
        required, forbidden = (columns.bits(products[name], columns.FLAGS) for name in ("req", "forbid"))
        for flag in range(columns.FLAGS):
            if required[flag].any() or forbidden[flag].any():
                self.attributes.append((np.stack([~required[flag], ~forbidden[flag]]), firms["flags"] >> np.uint32(flag) & 1))


def at_least(lowest, values):
    """A row for each number of thresholds at or below the value."""
    cuts = np.unique(lowest)
    rows = np.concatenate([np.zeros((1, len(lowest)), bool), lowest[None, :] <= cuts[:, None]])
    return rows, np.searchsorted(cuts, values, side="right")


def at_most(highest, values):
    """A row for each number of thresholds below the value."""
    cuts = np.unique(highest)
    rows = np.concatenate([highest[None, :] >= cuts[:, None], np.zeros((1, len(highest)), bool)])
    return rows, np.searchsorted(cuts, values, side="left")
