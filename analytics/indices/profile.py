"""The average day with its weights: what a curve of the clock alone can be fitted to, exactly."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analytics.days import DAY_US
from analytics.indices.timeline import Timeline, Values


class Profile(NamedTuple):
    """Clock epochs with their means; sums of squares are over all epochs."""

    angle: Values  #: 2 pi for 24 h
    mean: Values
    weight: Values  #: how many epochs it is the mean of; 0 where there is none
    within: float  #: sum of squares around the means of their clock epoch
    scatter: float  #: sum of squares around the mean of all
    largest: float  #: of |x|


def clock_profile(timeline: Timeline) -> Profile:
    """Least squares of a daily curve on these means is least squares on all epochs, plus `within`."""
    valid = ~np.isnan(timeline.x)
    x = timeline.x[valid]
    clock_us = timeline.local_us[valid] % DAY_US
    cell, phase = np.divmod(clock_us, timeline.epoch_us)
    if (phase != phase[0]).any():  # epochs off the grid: every moment of the clock for itself
        at, cell = np.unique(clock_us, return_inverse=True)
    else:
        at = np.arange(int(cell.max()) + 1) * timeline.epoch_us + phase[0]
    n = np.bincount(cell, minlength=len(at))
    mean = np.bincount(cell, x, minlength=len(at)) / np.maximum(n, 1)
    within, scatter = float(((x - mean[cell]) ** 2).sum()), float(((x - x.mean()) ** 2).sum())
    angle = at.astype(np.float64) * (2 * np.pi / DAY_US)
    return Profile(angle, mean, n.astype(np.float64), within, scatter, float(np.abs(x).max()))
