"""Readings of a device's thermometer, brought to minutes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.days import MINUTE_US


class Temperature(NamedTuple):
    """What the device's own thermometer read, in order of time."""

    t_us: NDArray[np.int64]
    celsius: NDArray[np.float64]


def minute_temperature(
    t_us: NDArray[np.int64], thermometer_us: NDArray[np.int64], celsius: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Temperature of each minute [degrees C]: the mean of its readings, else the line between two that are
    at most 20 min apart, else NaN. All times rise [microseconds UTC]."""
    at, degrees = thermometer_us[~np.isnan(celsius)], celsius[~np.isnan(celsius)]
    if not len(at):
        return np.full(len(t_us), np.nan)
    first, end = np.searchsorted(at, t_us), np.searchsorted(at, t_us + MINUTE_US)
    sums = np.concatenate(([0.0], np.cumsum(degrees)))
    n = end - first
    middle = t_us + MINUTE_US // 2
    after = np.searchsorted(at, middle)
    between = (after > 0) & (after < len(at))
    gap = at[after.clip(max=len(at) - 1)] - at[(after - 1).clip(0)]
    line = np.where(between & (gap <= 20 * MINUTE_US), np.interp(middle, at, degrees), np.nan)
    return np.where(n > 0, (sums[end] - sums[first]) / np.maximum(n, 1), line)
