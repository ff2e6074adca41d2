"""The part `policy` over pyroaring: a compressed bitmap a value and flag, thresholds looked at on what is left."""

import numpy as np
from pyroaring import BitMap

import columns
from turns import take_turns

POLICIES, FIRMS = 20, 1_500_000

firms = columns.enterprises(FIRMS)
policies = columns.conditions("pol", POLICIES)


def by_value(values, count):
    order = np.argsort(values, kind="stable").astype(np.uint32)
    ends = np.searchsorted(values[order], np.arange(count + 1))
    return [BitMap(order[ends[value]:ends[value + 1]].tolist()) for value in range(count)]


lists = [
    (by_value(firms["region"], columns.REGIONS), columns.takes("pol", "regions", POLICIES, columns.REGIONS)),
    (by_value(firms["industry"], columns.INDUSTRIES), columns.takes("pol", "industries", POLICIES, columns.INDUSTRIES)),
    (by_value(firms["size"], columns.SIZES), columns.bits(policies["sizemask"], columns.SIZES)),
    (by_value(firms["tax"], columns.TAXES), columns.bits(policies["taxmask"], columns.TAXES)),
]
flags = [BitMap(np.flatnonzero(firms["flags"] >> np.uint32(flag) & 1).tolist()) for flag in range(columns.FLAGS)]
everybody = BitMap(range(FIRMS))


def plan(policy):
    """The codes of each list that is not all, the flags, and the bounds."""
    chosen = [(maps, np.flatnonzero(taken[:, policy])) for maps, taken in lists if not taken[:, policy].all()]
    required, forbidden = ([flag for flag in range(columns.FLAGS) if policies[name][policy] >> flag & 1] for name in ("req", "forbid"))
    bounds = {name: policies[name][policy] for name in ("years_min", "rev_min", "rev_max", "score_min", "debt_max", "overdue_max")}
    return [(maps, codes.tolist()) for maps, codes in chosen], required, forbidden, bounds


plans = [plan(policy) for policy in range(POLICIES)]


def found(plan):
    chosen, required, forbidden, bounds = plan
    sets = [BitMap.union(*[maps[code] for code in codes]) for maps, codes in chosen] + [flags[flag] for flag in required]
    sets.sort(key=len)
    left = sets[0].copy() if sets else everybody.copy()
    for other in sets[1:]:
        left &= other
    for flag in forbidden:
        left -= flags[flag]
    numbers = np.array(left.to_array(), np.uint32)
    for name, bound, is_least in (
        ("score", "score_min", True), ("years", "years_min", True), ("revenue", "rev_min", True), ("revenue", "rev_max", False),
        ("debt", "debt_max", False), ("overdue", "overdue_max", False),
    ):
        values = firms[name][numbers]
        numbers = numbers[values >= bounds[bound] if is_least else values <= bounds[bound]]
    return numbers


def work():
    lists = [found(plan) for plan in plans]
    return [sum(len(numbers) for numbers in lists), sum(int(numbers.sum(dtype=np.uint64)) for numbers in lists)]


take_turns(work)
