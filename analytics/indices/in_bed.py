"""When was the person in bed? A simple rule on activity alone, for any device.

For each noon-to-noon night take the lowest five hours (L5) and the highest ten (M10). Quiet is where the
mean of the surrounding half hour lies at most a fifth of the way from L5 to M10. Quiet stretches that
are less than an hour apart belong together, and the one that shares most with the lowest five hours is
the time in bed. Built on the idea of the main rest period after van Hees et al., Sci Rep 8:12975, 2018
(stretches joined over gaps below 60 min, noon to noon), which needs the angle of the arm and this does not.

A night is not judged, and its epochs are neither in nor out of bed, when it has less than 16 valid hours, a
stretch above three hours without data (it could be the night itself), or no contrast at all.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from analytics.days import HOUR_US, local_day_of, noon_us
from analytics.indices.relative_amplitude import (
    L5_HOURS,
    LEAST_DAY_HOURS,
    M10_HOURS,
    on_grid,
    window_means,
)
from analytics.indices.timeline import Timeline, Values
from analytics.signal.runs import runs

RULE = "main rest period of each noon-to-noon night, from activity alone (1)"
IN_BED, OUT_OF_BED, NOT_JUDGED = 1, 0, -1

#: The time in bed of one night [microseconds UTC], of its epochs and its bounds; None: it cannot be judged.
FindsBed = Callable[[Timeline, int, int], tuple[int, int] | None]

QUIET_SHARE = 0.2
AROUND_MIN = 30
JOIN_MIN = 60
LONGEST_GAP_H = 3


def bed_states(
    timeline: Timeline, rule: FindsBed | None = None, nights: tuple[date, date] | None = None
) -> NDArray[np.int8]:
    """`IN_BED`, `OUT_OF_BED` or `NOT_JUDGED` for each epoch; `rule` None is `in_bed`, by activity alone.

    `nights` are the days on which the first and the last night end that are looked at; None is all of them.
    """
    rule = rule or in_bed
    states = np.full(len(timeline.t_us), NOT_JUDGED, np.int8)
    if not len(states):
        return states
    first, last = local_day_of(timeline.t_us[[0, -1]], timeline.zone).tolist()
    last += timedelta(days=1)
    if nights is not None:
        first, last = max(first, nights[0]), min(last, nights[1])
    for k in range((last - first).days + 1):
        start_us, end_us = night_bounds(first + timedelta(days=k), timeline)
        low, high = np.searchsorted(timeline.t_us, [start_us, end_us])
        interval = rule(timeline.between(start_us, end_us), start_us, end_us)
        if interval is None:
            continue
        t_us = timeline.t_us[low:high]
        states[low:high] = np.where((t_us >= interval[0]) & (t_us < interval[1]), IN_BED, OUT_OF_BED)
    return states


def bed_states_of(timeline: Timeline, times: NDArray[np.int64]) -> NDArray[np.int8]:
    """The same for known times in bed: an epoch is in bed when start <= its local start < end of any.

    `times` (n, 2) are on the local wall clock; what lies in none of them is out of bed.
    """
    local = timeline.local_us
    states = np.full(len(local), OUT_OF_BED, np.int8)
    for start, end in times.tolist():
        states[(local >= start) & (local < end)] = IN_BED
    return states


def night_bounds(day: date, timeline: Timeline) -> tuple[int, int]:
    """Noon of the day before to noon of the day [microseconds UTC]: the night that ends on `day`."""
    return noon_us(day - timedelta(days=1), timeline.zone), noon_us(day, timeline.zone)


def can_be_judged(x: Values, epoch_us: int) -> bool:
    """Whether the epochs of a night, noon to noon, are enough: the time in bed must lie in them."""
    missing = np.isnan(x)
    if np.count_nonzero(~missing) * epoch_us < LEAST_DAY_HOURS * HOUR_US:
        return False
    starts, ends = runs(missing)
    return bool((ends - starts).max(initial=0) * epoch_us <= LONGEST_GAP_H * HOUR_US)


def in_bed(night: Timeline, start_us: int, end_us: int) -> tuple[int, int] | None:
    """The main time in bed of one night, half-open [microseconds UTC]; None where it cannot be judged."""
    epoch_us = night.epoch_us
    x = on_grid(night, start_us, end_us)
    if not can_be_judged(x, epoch_us):
        return None
    five = round(L5_HOURS * HOUR_US / epoch_us)
    low, high = window_means(x, five), window_means(x, round(M10_HOURS * HOUR_US / epoch_us))
    if not len(low) or not len(high) or np.isnan(low).all() or np.isnan(high).all():
        return None
    least, most = float(np.nanmin(low)), float(np.nanmax(high))
    if most <= least:
        return None
    quiet = _surroundings(x, max(round(AROUND_MIN * 60e6 / epoch_us), 1)) <= least + QUIET_SHARE * (
        most - least
    )
    blocks = _joined(*runs(quiet), round(JOIN_MIN * 60e6 / epoch_us))
    lowest = int(np.nanargmin(low))
    shared = [min(end, lowest + five) - max(first, lowest) for first, end in blocks]
    if not shared or max(shared) <= 0:
        return None
    first, end = blocks[int(np.argmax(shared))]
    return start_us + first * epoch_us, start_us + end * epoch_us


def _surroundings(x: Values, size: int) -> Values:
    """Mean of the values around each epoch; at the edges of what there is. NaN where half is missing."""
    before = size // 2
    padded = np.r_[np.full(before, np.nan), x, np.full(size - 1 - before, np.nan)]
    return window_means(padded, size)


def _joined(starts: NDArray[np.int64], ends: NDArray[np.int64], gap: int) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for first, end in zip(starts.tolist(), ends.tolist(), strict=True):
        if joined and first - joined[-1][1] < gap:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((first, end))
    return joined
