"""Minutes by intensity, bouts of exertion, and how often sitting is broken."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.days import MINUTE_US
from analytics.indices.cut_points import CutPoints
from analytics.indices.definition import Definition
from analytics.indices.index import Index
from analytics.indices.timeline import Timeline, Values

UNKNOWN, SEDENTARY, LIGHT, MVPA = -1, 0, 1, 2
BOUT_MIN, BREAK_MIN, BOUT_SHARE = 10, 1, 0.8

_CELL = (
    "ENMO is judged by the epoch, counts by the clock minute (short epochs summed, half of the minute valid)"
)
_CUTS = "Cut points are named in the provenance (`cut_points.py`)"


def _definition(name: str, unit: str, meaning: str, needs: str = "one classified epoch") -> Definition:
    return Definition(
        name=name,
        unit=unit,
        meaning=meaning,
        missing=f"in no class; {_CELL}",
        needs=needs,
        source=_CUTS,
        spans="day, recording",
    )


SEDENTARY_MIN = _definition("sedentary_min", "min", "Valid minutes below the sedentary cut point.")
LIGHT_MIN = _definition("light_min", "min", "Valid minutes between the sedentary and the MVPA cut point.")
MVPA_MIN = _definition("mvpa_min", "min", "Valid minutes at or above the MVPA cut point.")
MVPA_BOUT_MIN = _definition(
    "mvpa_bout_min",
    "min",
    f"Minutes inside bouts of MVPA: everything covered by stretches of {BOUT_MIN} min of which at least "
    f"{BOUT_SHARE:.0%} is MVPA and in which no break lasts longer than {BREAK_MIN} min; breaks inside count "
    "too. After the bouts of GGIR.",
)
BREAKS = _definition(
    "sedentary_breaks_per_h",
    "1/h",
    "Times that sedentary is followed at once by something more active, per sedentary hour.",
    "one sedentary epoch",
)


class Classified(NamedTuple):
    """Classes on a grid of equal cells of elapsed time."""

    level: NDArray[np.int8]
    minutes: Values  #: valid minutes in each cell
    cell_min: float


def intensity_minutes(timeline: Timeline, cuts: CutPoints) -> list[Index]:
    """`sedentary_min`, `light_min`, `mvpa_min`, `mvpa_bout_min` [min], `sedentary_breaks_per_h` [1/h]."""
    if cuts.unit != timeline.unit:
        raise ValueError(f"{cuts.name} is for {cuts.unit}, not for {timeline.unit}")
    found = classified(timeline, cuts)
    amounts = (SEDENTARY_MIN, LIGHT_MIN, MVPA_MIN)
    if not (found.level != UNKNOWN).any():
        return [D.absent("too little data: nothing was worn") for D in (*amounts, MVPA_BOUT_MIN, BREAKS)]
    n = [float(found.minutes[found.level == level].sum()) for level in (SEDENTARY, LIGHT, MVPA)]
    in_bouts = float(found.minutes[mvpa_bouts(found)].sum())
    return [
        *(D.is_(minutes) for D, minutes in zip(amounts, n, strict=True)),
        MVPA_BOUT_MIN.is_(in_bouts),
        BREAKS.is_(_breaks(found.level) / n[0] * 60)
        if n[0]
        else BREAKS.absent("there is no sedentary epoch"),
    ]


def classified(timeline: Timeline, cuts: CutPoints) -> Classified:
    """Every epoch (counts: every clock minute, where epochs are shorter) with its class."""
    cell_us, start_us, value, minutes = timeline.epoch_us, timeline.t_us, timeline.x, None
    if cuts.unit == "counts":
        value = value * 60 / timeline.epoch_s
        if timeline.epoch_s < 60:
            cell_us = MINUTE_US
            start_us, value, minutes = _of_minutes(timeline, value)
    if minutes is None:
        minutes = np.where(np.isnan(value), 0.0, cell_us / 60e6)
    if not len(start_us):
        return Classified(np.zeros(0, np.int8), np.zeros(0), cell_us / 60e6)
    at = (start_us - start_us[0] + cell_us // 2) // cell_us
    level = np.full(int(at[-1]) + 1, UNKNOWN, np.int8)
    spent = np.zeros(len(level))
    classes = (value >= cuts.sedentary_below).astype(np.int8) + (value >= cuts.mvpa_from)
    level[at] = np.where(np.isnan(value), UNKNOWN, classes)
    spent[at] = minutes
    return Classified(level, spent, cell_us / 60e6)


def mvpa_bouts(found: Classified) -> NDArray[np.bool_]:
    """Which cells lie in a bout of MVPA."""
    size = max(round(BOUT_MIN / found.cell_min), 1)
    inside = np.zeros(len(found.level), bool)
    if size > len(inside):
        return inside
    active = found.level == MVPA
    edges = np.flatnonzero(np.diff(np.r_[False, ~active, False]))
    long = [
        (a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if (b - a) * found.cell_min > BREAK_MIN
    ]
    barred = np.zeros(len(inside), bool)
    for a, b in long:
        barred[a:b] = True
    enough = _in_windows(active, size) >= BOUT_SHARE * size - 1e-9
    starts = np.flatnonzero(enough & (_in_windows(barred, size) == 0))
    change = np.zeros(len(inside) + 1, np.int64)
    np.add.at(change, starts, 1)
    np.add.at(change, starts + size, -1)
    return np.asarray(np.cumsum(change)[:-1] > 0)


def _in_windows(flags: NDArray[np.bool_], size: int) -> NDArray[np.int64]:
    total = np.cumsum(np.r_[0, flags])
    return np.asarray(total[size:] - total[:-size])


def _breaks(level: NDArray[np.int8]) -> int:
    return int(np.count_nonzero((level[:-1] == SEDENTARY) & (level[1:] > SEDENTARY)))


def _of_minutes(timeline: Timeline, rate: Values) -> tuple[NDArray[np.int64], Values, Values]:
    """Start, mean rate and valid minutes of each clock minute of which half is valid."""
    valid = ~np.isnan(rate)
    minute, cell = np.unique(timeline.t_us[valid] // MINUTE_US, return_inverse=True)
    n = np.bincount(cell, minlength=len(minute))
    total = np.bincount(cell, rate[valid], minlength=len(minute))
    counts = n * timeline.epoch_us * 2 >= MINUTE_US
    return minute[counts] * MINUTE_US, total[counts] / n[counts], n[counts] * timeline.epoch_us / 60e6
