"""The average day with its weights: what a curve of the clock alone can be fitted to, exactly."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analytics.days import DAY_US
from analytics.indices.rows import Rows
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


def profile_of_rows(rows: Rows, low: int, high: int) -> Profile:
    """The same of the rows from `low` to `high`, of which one epoch at least is valid."""
    if rows.phase_us is None:
        raise ValueError("epochs off the grid have no profile by cells")
    x = rows.x[low:high]
    valid = ~np.isnan(x)
    filled = np.where(valid, x, 0.0)
    n = valid.sum(axis=0)
    mean = filled.sum(axis=0) / np.maximum(n, 1)
    weight = n.astype(np.float64)
    apart = mean - float(weight @ mean / weight.sum())
    within = float((np.where(valid, x - mean, 0.0) ** 2).sum())
    at_us = np.arange(len(n)) * round(rows.epoch_s * 1e6) + rows.phase_us
    angle = at_us.astype(np.float64) * (2 * np.pi / DAY_US)
    scatter = within + float(weight @ apart**2)
    return Profile(angle, mean, weight, within, scatter, float(np.abs(filled).max()))
