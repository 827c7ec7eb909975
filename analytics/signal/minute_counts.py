"""Counts of short epochs collected into minutes, as rules that look at minutes want them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analytics.days import MINUTE_US


def minute_counts(
    t_us: NDArray[np.int64], counts: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Every minute from the first epoch to the last: its start, and the sum of the counts that begin in it.

    `t_us` rises; epochs are no longer than a minute. A minute without epochs, or with one that is missing
    (NaN), is NaN. A last minute that the recording cuts is the sum of what is there, as ActiLife does.
    """
    if not len(t_us):
        return np.zeros(0, np.int64), np.zeros(0)
    place = t_us // MINUTE_US - t_us[0] // MINUTE_US
    total = np.bincount(place, weights=counts).astype(np.float64)
    total[np.bincount(place) == 0] = np.nan
    start_us: NDArray[np.int64] = (t_us[0] // MINUTE_US + np.arange(len(total), dtype=np.int64)) * MINUTE_US
    return start_us, total
