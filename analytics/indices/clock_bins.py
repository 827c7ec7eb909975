"""Means over clock bins: the hours of the wall clock, or another part of the day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.days import DAY_US, MINUTE_US
from analytics.indices.timeline import Timeline, Values


@dataclass(frozen=True)
class ClockBins:
    """The bins that count, in order of time."""

    start_us: NDArray[np.int64]  #: nominal start, an instant
    clock: NDArray[np.int64]  #: number of the bin within the local day, from 0
    mean: Values
    length_us: int

    @property
    def of_a_day(self) -> int:
        """Number of bins in a day of 24 h."""
        return DAY_US // self.length_us

    def between(self, start_us: int, end_us: int) -> ClockBins:
        """The bins that start nominally in [start_us, end_us)."""
        low, high = np.searchsorted(self.start_us, [start_us, end_us])
        part = slice(int(low), int(high))
        return ClockBins(self.start_us[part], self.clock[part], self.mean[part], self.length_us)


def clock_bins(timeline: Timeline, minutes: int = 60) -> ClockBins:
    """Mean activity of each clock bin of which at least half is valid.

    A bin starts where the local clock since midnight is a multiple of `minutes`, which must divide a day.
    An epoch belongs to the bin of its local start. Where the clock changes inside a bin, what lies before
    and after are two bins; so are the two passes of a repeated hour.
    """
    length_us = minutes * MINUTE_US
    if DAY_US % length_us:
        raise ValueError("bins must divide a day")
    valid = ~np.isnan(timeline.x)
    number = timeline.local_us[valid] // length_us
    offset = timeline.offset_us[valid]
    if not len(number):
        return ClockBins(number, number, np.zeros(0), length_us)
    first = np.flatnonzero(np.r_[True, (np.diff(number) != 0) | (np.diff(offset) != 0)])
    n = np.diff(np.r_[first, len(number)])
    counts = n * timeline.epoch_us * 2 >= length_us
    mean = np.add.reduceat(timeline.x[valid], first) / n
    number, offset = number[first][counts], offset[first][counts]
    return ClockBins(number * length_us - offset, number % (DAY_US // length_us), mean[counts], length_us)
