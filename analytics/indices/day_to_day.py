"""Does a moment look like the same moment a day later? r24 on activity, SRI on sleep."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.indices.definition import Definition
from analytics.indices.grid import elapsed, epochs_of_a_day, places
from analytics.indices.index import Index
from analytics.indices.timeline import Timeline, Values
from analytics.indices.validity import LEAST_PAIR_HOURS, too_little

ASLEEP, AWAKE, NOT_SCORED = 1, 0, -1

R24 = Definition(
    name="r24",
    unit="1",
    meaning="Pearson correlation of the activity with itself 24 elapsed hours later, -1 to 1.",
    missing="a pair counts when both of its epochs are valid",
    needs=f"{LEAST_PAIR_HOURS} h of pairs, and activity that varies on both sides",
    source="Mormont et al., Clin Cancer Res 6(8):3038-3045, 2000 (autocorrelation at 24 h)",
    spans="recording, 28 days, 7 days",
)
SRI = Definition(
    name="SRI",
    unit="1",
    meaning="Sleep regularity index: 200 x share of epoch pairs 24 elapsed hours apart in the same state "
    "(asleep or awake), - 100; 100 is the same every day, 0 is chance. The scorer is in the provenance.",
    missing="a pair counts when both of its epochs are scored",
    needs=f"{LEAST_PAIR_HOURS} h of pairs",
    source="Phillips et al., Sci Rep 7:3216, 2017",
    spans="recording, 28 days, 7 days",
)


class Pairs(NamedTuple):
    """Sums over pairs of valid epochs 24 h apart; all may be arrays, one entry for each window."""

    n: Values
    earlier: Values
    later: Values
    earlier_sq: Values
    later_sq: Values
    product: Values


def autocorrelation_24h(timeline: Timeline) -> Index:
    """`r24`: Pearson correlation over pairs 24 elapsed hours apart, also across a change of the clock [1]."""
    x, day = elapsed(timeline), epochs_of_a_day(timeline)
    first, second = x[:-day], x[day:]
    both = ~np.isnan(first) & ~np.isnan(second)
    a, b = first[both], second[both]
    if len(a):  # around 0, so that sums of squares lose nothing
        a, b = a - a.mean(), b - b.mean()
    largest = float(np.abs(x[~np.isnan(x)]).max(initial=0.0))
    sums = (len(a), a.sum(), b.sum(), a @ a, b @ b, a @ b)
    return r24_of(Pairs(*(np.array(v, float) for v in sums)), largest, timeline.epoch_s)


def r24_of(pairs: Pairs, largest: float, epoch_s: float) -> Index:
    """`r24` from sums of what lies around 0; `largest` is of |x|."""
    n = float(pairs.n)
    hours = n * epoch_s / 3600
    if hours < LEAST_PAIR_HOURS:
        return R24.absent(too_little(hours, LEAST_PAIR_HOURS, "hours of pairs"))
    product = float(pairs.product - pairs.earlier * pairs.later / n)
    spread = float(pairs.earlier_sq - pairs.earlier**2 / n), float(pairs.later_sq - pairs.later**2 / n)
    if min(spread) <= n * (1e-12 * largest) ** 2:
        return R24.absent("the activity never varies")
    return R24.is_(float(np.clip(product / np.sqrt(spread[0] * spread[1]), -1, 1)))


def sleep_regularity(timeline: Timeline, states: NDArray[np.int8]) -> Index:
    """`SRI` of states from any scorer: `ASLEEP`, `AWAKE` or `NOT_SCORED` for each epoch of the timeline."""
    if len(states) != len(timeline.t_us):
        raise ValueError("there must be one state for each epoch")
    grid, day = on_elapsed(timeline, states), epochs_of_a_day(timeline)
    both, same = pairs_of_states(grid[:-day], grid[day:])
    return regularity_of(int(both.sum()), int(same.sum()), timeline.epoch_s)


def on_elapsed(timeline: Timeline, states: NDArray[np.int8]) -> NDArray[np.int8]:
    """States on the grid of elapsed time from the first epoch on."""
    at = places(timeline)
    grid = np.full(int(at[-1]) + 1 if len(at) else 0, NOT_SCORED, np.int8)
    grid[at] = states
    return grid


def pairs_of_states(
    first: NDArray[np.int8], second: NDArray[np.int8]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which pairs are scored on both sides, and which of these are of the same state."""
    both = (first != NOT_SCORED) & (second != NOT_SCORED)
    return both, both & (first == second)


def regularity_of(n: int, same: int, epoch_s: float) -> Index:
    """`SRI` of `n` scored pairs of which so many are of the same state."""
    hours = n * epoch_s / 3600
    if hours < LEAST_PAIR_HOURS:
        return SRI.absent(too_little(hours, LEAST_PAIR_HOURS, "hours of pairs"))
    return SRI.is_(200 * (same / n) - 100)
