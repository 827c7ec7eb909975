"""Epochs on the recording's own grid of elapsed time, with gaps as NaN."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analytics.days import DAY_US
from analytics.indices.timeline import Timeline, Values


def places(timeline: Timeline) -> NDArray[np.int64]:
    """The number of each epoch on the grid that begins with the first one."""
    if not len(timeline.t_us):
        return np.zeros(0, np.int64)
    half = timeline.epoch_us // 2
    return np.asarray((timeline.t_us - timeline.t_us[0] + half) // timeline.epoch_us)


def elapsed(timeline: Timeline) -> Values:
    """Activity from the first epoch to the last, one value for each epoch of the grid; NaN is missing."""
    at = places(timeline)
    grid = np.full(int(at[-1]) + 1 if len(at) else 0, np.nan)
    grid[at] = timeline.x
    return grid


def epochs_of_a_day(timeline: Timeline) -> int:
    """How many epochs make 24 elapsed hours."""
    return round(DAY_US / timeline.epoch_us)
