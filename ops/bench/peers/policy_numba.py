"""Native code for the part `policy`: one pass over the columns a policy, compiled by numba, no index."""

import numba
import numpy as np

import columns
from turns import take_turns

POLICIES, FIRMS = 20, 1_500_000

firms = columns.enterprises(FIRMS)
policies = columns.conditions("pol", POLICIES)
regions = columns.takes("pol", "regions", POLICIES, columns.REGIONS)
industries = columns.takes("pol", "industries", POLICIES, columns.INDUSTRIES)
sizes = columns.bits(policies["sizemask"], columns.SIZES)
taxes = columns.bits(policies["taxmask"], columns.TAXES)


@numba.njit
def find(
    region, industry, size, tax, years, revenue, score, flags, debt, overdue, regions, industries, sizes, taxes, years_min, revenue_min,
    revenue_max, score_min, asked, wanted, debt_max, overdue_max, found,
):
    count = 0
    for firm in range(len(region)):
        found[count] = firm
        count += (
            regions[region[firm]] & industries[industry[firm]] & sizes[size[firm]] & taxes[tax[firm]] & (score[firm] >= score_min)
            & ((flags[firm] & asked) == wanted) & (years[firm] >= years_min) & (revenue[firm] >= revenue_min)
            & (revenue[firm] <= revenue_max) & (debt[firm] <= debt_max) & (overdue[firm] <= overdue_max)
        )
    return count


data = [firms[name] for name in ("region", "industry", "size", "tax", "years", "revenue", "score", "flags", "debt", "overdue")]
asked = [
    (
        regions[:, policy].copy(), industries[:, policy].copy(), sizes[:, policy].copy(), taxes[:, policy].copy(),
        policies["years_min"][policy], policies["rev_min"][policy], policies["rev_max"][policy], policies["score_min"][policy],
        policies["req"][policy] | policies["forbid"][policy], policies["req"][policy], policies["debt_max"][policy],
        policies["overdue_max"][policy],
    )
    for policy in range(POLICIES)
]
found = np.empty(FIRMS + 1, np.uint32)


def work():
    count, total = 0, 0
    for policy in asked:
        numbers = found[: find(*data, *policy, found)].copy()
        count += len(numbers)
        total += int(numbers.sum(dtype=np.uint64))
    return [count, total]


take_turns(work)
