"""The columns on which all peers are measured, as `PeerData.swift` and `Eligibility.swift` read them."""

import sys

import numpy as np

FOLDER = sys.argv[1]
REGIONS, INDUSTRIES, SIZES, TAXES, OVERDUES, FLAGS = 340, 1380, 4, 5, 10, 16


def column(name, kind, count):
    return np.fromfile(f"{FOLDER}/{name}.bin", kind, count=count)


def enterprises(count):
    kinds = {
        "region": "<u2", "industry": "<u2", "size": "u1", "tax": "u1", "years": "<f4", "revenue": "<f4", "score": "<u2", "flags": "<u4",
        "debt": "<f4", "overdue": "u1",
    }
    return {name: column(f"ent_{name}", kind, count) for name, kind in kinds.items()}


def conditions(prefix, count):
    """Of products (`prod`) or policies (`pol`): a number each. What has no bound has one that everything keeps."""
    kinds = {
        "sizemask": "u1", "taxmask": "u1", "years_min": "<f4", "rev_min": "<f4", "rev_max": "<f4", "score_min": "<u2", "req": "<u4",
        "forbid": "<u4", "debt_max": "<f4", "overdue_max": "u1", "base_rank": "<u2", "mw": "u1",
    }
    return {name: column(f"{prefix}_{name}", kind, count) for name, kind in kinds.items()}


def takes(prefix, name, count, codes):
    """By code and condition whether the condition's list takes the code; no list takes all."""
    offsets = column(f"{prefix}_{name}_off", "<u4", count + 1)
    values = column(f"{prefix}_{name}_val", "<u2", int(offsets[-1]))
    taken = np.zeros((codes, count), bool)
    taken[:, column(f"{prefix}_{name}_any", "u1", count) == 1] = True
    taken[values, np.repeat(np.arange(count), np.diff(offsets.astype(np.int64)))] = True
    return taken


def bits(masks, count):
    """By bit and condition whether the bit is set."""
    return (masks[None, :] >> np.arange(count, dtype=masks.dtype)[:, None] & 1) == 1
