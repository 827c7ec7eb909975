"""One local day in short bins: how much activity, which state, and where on the clock. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, tzinfo

import numpy as np
from numpy.typing import NDArray

from analytics.days import DAY_US, HOUR_US, Micros, day_bounds, offsets_between
from analytics.indices.in_bed import IN_BED, NOT_JUDGED
from analytics.indices.timeline import Timeline

BIN_US = 5 * 60 * 1_000_000
Clock = NDArray[np.float64]
Stretch = tuple[float, float]  #: from and to [h on the wall clock]


@dataclass(frozen=True)
class DayStates:
    """What a row of the actogram shows of one local day; places are hours on the wall clock, 0 to 24."""

    day: date
    hours: float  #: length of the day; 24 but for clock changes
    starts: Clock
    ends: Clock
    activity: Clock  #: mean of the bin's worn epochs; NaN where there is none
    not_worn: list[Stretch]
    no_data: list[Stretch]
    in_bed: list[Stretch]
    not_judged: list[Stretch]  #: epochs are there, but nobody can say whether in bed
    skipped: list[Stretch]  #: clock hours that this day did not have
    repeated: list[Stretch]  #: clock hours that this day had twice, each at half width


def wall_hours(t_us: Micros, day: date, zone: tzinfo) -> tuple[Clock, list[Stretch], list[Stretch]]:
    """Instants of a local day as clock hours [h], with the clock hours it skipped and had twice.

    Rises with time throughout: an hour that the clock shows twice holds both, each in half of the width.
    """
    start, end = day_bounds(day, zone)
    midnight = int(np.datetime64(day, "us").astype(np.int64))
    offsets = offsets_between(start, end - 1, zone)
    wall = (t_us + offsets.at(np.minimum(t_us, end - 1)) - midnight).astype(np.float64)
    skipped: list[Stretch] = []
    repeated: list[Stretch] = []
    for k in range(1, len(offsets.start_us)):
        change, before = int(offsets.start_us[k]), int(offsets.offset_us[k - 1])
        shift = int(offsets.offset_us[k]) - before
        at = change + before - midnight
        if shift > 0:
            skipped.append((at / HOUR_US, (at + shift) / HOUR_US))
            continue
        repeated.append(((at + shift) / HOUR_US, at / HOUR_US))
        twice = (t_us >= change + shift) & (t_us < change - shift)
        wall[twice] = at + shift + (t_us[twice] - change - shift) / 2
    return np.clip(wall, 0, DAY_US) / HOUR_US, skipped, repeated


def day_states(timeline: Timeline, worn: NDArray[np.bool_], bed: NDArray[np.int8], day: date) -> DayStates:
    """A local day in bins of 5 min. A bin's state is that of most of its epochs; without epochs, no data.

    `timeline.x` is NaN where missing or not worn; `worn` and `bed` (see `bed_states`) are by the epoch.
    """
    zone, epoch_us = timeline.zone, timeline.epoch_us
    start, end = day_bounds(day, zone)
    width = max(BIN_US, epoch_us)
    edges = np.arange(start, end, width, dtype=np.int64)
    low, high = np.searchsorted(timeline.t_us, [start, end])
    part = slice(int(low), int(high))
    x, off, states = timeline.x[part], ~worn[part], bed[part]
    held = (timeline.t_us[part] - start) // width

    def count(flags: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.bincount(held[flags], minlength=len(edges))

    valid = ~np.isnan(x)
    n_valid, n_off, n_all = count(valid), count(off), count(np.ones(len(x), bool))
    sums = np.bincount(held[valid], x[valid], len(edges))
    activity = np.divide(sums, n_valid, out=np.full(len(edges), np.nan), where=n_valid > 0)
    not_worn = (n_off > 0) & (n_off >= n_valid)
    no_data = (n_valid == 0) & ~not_worn
    activity[not_worn] = np.nan
    starts, skipped, repeated = wall_hours(edges, day, zone)
    # One microsecond early, because the end of the bin before a skipped hour is not the end of that hour.
    ends = wall_hours(np.minimum(edges + width, end) - 1, day, zone)[0] + 1 / HOUR_US

    def stretches(flags: NDArray[np.bool_]) -> list[Stretch]:
        runs: list[Stretch] = []
        for k in np.flatnonzero(flags):
            if runs and abs(runs[-1][1] - starts[k]) < 1e-6:
                runs[-1] = (runs[-1][0], float(ends[k]))
            else:
                runs.append((float(starts[k]), float(ends[k])))
        return runs

    return DayStates(
        day,
        (end - start) / HOUR_US,
        starts,
        ends,
        activity,
        stretches(not_worn),
        stretches(no_data),
        stretches(2 * count(states == IN_BED) > n_all),
        stretches(2 * count(states == NOT_JUDGED) > n_all),
        skipped,
        repeated,
    )
