"""The average day with its weights: what a curve of the clock alone can be fitted to, exactly."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analytics.days import DAY_US
from analytics.indices.timeline import Timeline, Values


class Profile(NamedTuple):
    """Clock epochs that have a value; sums of squares are over epochs around the overall mean."""

    angle: Values  #: 2 pi for 24 h
    mean: Values
    weight: Values  #: how many epochs it is the mean of
    within: float  #: sum of squares around the means of their clock epoch
    scatter: float  #: sum of squares around the mean of all
    largest: float  #: of |x|


def clock_profile(timeline: Timeline) -> Profile:
    """Least squares of a daily curve on these means is least squares on all epochs, plus `within`."""
    valid = ~np.isnan(timeline.x)
    x = timeline.x[valid]
    at, cell = np.unique(timeline.local_us[valid] % DAY_US, return_inverse=True)
    n = np.bincount(cell)
    mean = np.bincount(cell, x) / n
    within, scatter = float(((x - mean[cell]) ** 2).sum()), float(((x - x.mean()) ** 2).sum())
    angle = at.astype(np.float64) * (2 * np.pi / DAY_US)
    return Profile(angle, mean, n.astype(float), within, scatter, float(np.abs(x).max()))
