"""How the pain of an event rises and falls: whole days in, points above the usual out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DRIFT_DAYS = 28


def flare(day: Floats, length: Floats, heavy: bool) -> Floats:
    """Share of the full height on day `day` of a flare of `length` days.

    A block in the first family. In the second it is there by six tenths on its first day and fades over its
    last third, so that neither edge is the day written in a rule book.
    """
    inside = (day >= 0) & (day < length)
    if not heavy:
        return inside.astype(np.float64)
    begins = np.where(day < 1, 0.6, 1.0)
    fades = np.exp(-np.clip(day - 2 * length / 3, 0, None) / 3.0)
    return np.where(inside, begins * fades, 0.0)


def drift(day: Floats, height: Floats, heavy: bool) -> Floats:
    """Points above the usual on day `day` of a drift that reaches `height` after 28 days and stays there.

    A straight line in the first family. In the second a staircase: three days at a level, then a step.
    """
    along = np.clip(day / DRIFT_DAYS, 0, 1)
    if heavy:
        along = np.clip(np.floor(day / 3 + 1) * 3 / DRIFT_DAYS, 0, 1) * (day >= 0)
    return height * along


def first_day_at(points: Floats, least: float) -> NDArray[np.int64]:
    """(n,) the first day on which each row of (n, d) `points` is at least `least`; d where it never is."""
    there = points >= least
    first: NDArray[np.int64] = np.where(there.any(axis=1), there.argmax(axis=1), points.shape[1])
    return first
