"""Does a moment look like the same moment a day later? r24 on activity, SRI on sleep."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analytics.days import DAY_US
from analytics.indices.definition import Definition
from analytics.indices.grid import elapsed, epochs_of_a_day, places
from analytics.indices.index import Index
from analytics.indices.timeline import Timeline
from analytics.indices.validity import LEAST_PAIR_HOURS, too_little

ASLEEP, AWAKE, NOT_SCORED = 1, 0, -1

R24 = Definition(
    name="r24",
    unit="1",
    meaning="Pearson correlation of the activity with itself 24 elapsed hours later, -1 to 1.",
    missing="a pair counts when both of its epochs are valid",
    needs=f"{LEAST_PAIR_HOURS} h of pairs, and activity that varies on both sides",
    source="Mormont et al., Clin Cancer Res 6(8):3038-3045, 2000 (autocorrelation at 24 h)",
    spans="recording, 28 days",
)
SRI = Definition(
    name="SRI",
    unit="1",
    meaning="Sleep regularity index: 200 x share of epoch pairs 24 elapsed hours apart in the same state "
    "(asleep or awake), - 100; 100 is the same every day, 0 is chance. The scorer is in the provenance.",
    missing="a pair counts when both of its epochs are scored",
    needs=f"{LEAST_PAIR_HOURS} h of pairs",
    source="Phillips et al., Sci Rep 7:3216, 2017",
    spans="recording",
)


def autocorrelation_24h(timeline: Timeline) -> Index:
    """`r24`: Pearson correlation over pairs 24 elapsed hours apart, also across a change of the clock [1]."""
    x, day = elapsed(timeline), epochs_of_a_day(timeline)
    first, second = x[:-day], x[day:]
    both = ~np.isnan(first) & ~np.isnan(second)
    hours = _hours(both, timeline)
    if hours < LEAST_PAIR_HOURS:
        return R24.absent(too_little(hours, LEAST_PAIR_HOURS, "hours of pairs"))
    a, b = first[both], second[both]
    largest = float(np.abs(x[~np.isnan(x)]).max())
    a, b = a - a.mean(), b - b.mean()
    spread = np.array([a @ a, b @ b])
    if (spread <= len(a) * (1e-12 * largest) ** 2).any():
        return R24.absent("the activity never varies")
    return R24.is_(float(np.clip(a @ b / np.sqrt(spread[0] * spread[1]), -1, 1)))


def sleep_regularity(timeline: Timeline, states: NDArray[np.int8]) -> Index:
    """`SRI` of states from any scorer: `ASLEEP`, `AWAKE` or `NOT_SCORED` for each epoch of the timeline."""
    if len(states) != len(timeline.t_us):
        raise ValueError("there must be one state for each epoch")
    at, day = places(timeline), epochs_of_a_day(timeline)
    grid = np.full(int(at[-1]) + 1 if len(at) else 0, NOT_SCORED, np.int8)
    grid[at] = states
    first, second = grid[:-day], grid[day:]
    both = (first != NOT_SCORED) & (second != NOT_SCORED)
    hours = _hours(both, timeline)
    if hours < LEAST_PAIR_HOURS:
        return SRI.absent(too_little(hours, LEAST_PAIR_HOURS, "hours of pairs"))
    return SRI.is_(200 * float((first == second)[both].mean()) - 100)


def _hours(pairs: NDArray[np.bool_], timeline: Timeline) -> float:
    return float(np.count_nonzero(pairs)) * 24 * timeline.epoch_us / DAY_US
