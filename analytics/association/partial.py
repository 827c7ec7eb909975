"""Two measures without what a third moves in both: weekday, wear, phase of treatment."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analytics.association.panel import Panel

Values = NDArray[np.float64]


def adjusted(panel: Panel, columns: Values, episodes: NDArray[np.int64] | None = None) -> Panel:
    """`x` and `y` each without what `columns` (K, P, N) explain of it within patients, by least squares.

    One coefficient for all patients, as in a repeated-measures correlation. With `episodes` (P, N), numbers
    of stretches of a patient's days, each stretch has a level of its own. A day on which a column is unknown
    is left out. On complete days the correlation of what remains is the partial correlation within patients;
    `spent` counts the coefficients and the further levels.
    """
    # One number for each patient and stretch; without stretches, for each patient.
    who = np.broadcast_to(np.arange(len(panel.x))[:, None], panel.x.shape)
    level = who if episodes is None else who * (int(episodes.max(initial=0)) + 1) + episodes
    _, level = np.unique(level, return_inverse=True)
    level = level.reshape(panel.x.shape)
    known: NDArray[np.bool_] = ~np.any(np.isnan(columns), axis=0)
    x, rank = _without(panel.x, columns, known, level)
    y, _ = _without(panel.y, columns, known, level)
    both = ~np.isnan(x) & ~np.isnan(y)
    held, people = (int(np.count_nonzero(np.bincount(groups[both]))) for groups in (level, who))
    further = held - people
    return replace(panel, x=x, y=y, spent=panel.spent + rank + further)


def weekdays(panel: Panel) -> Values:
    """(6, P, N) whether a day is a Tuesday, ..., a Sunday; a Monday is none of them."""
    number = panel.first.astype(np.int64)[:, None] + np.arange(panel.x.shape[1])
    weekday = (number + 3) % 7  # 1970-01-01 was a Thursday
    return np.array([weekday == k for k in range(1, 7)], dtype=np.float64)


def _without(
    values: Values, columns: Values, known: NDArray[np.bool_], level: NDArray[np.intp]
) -> tuple[Values, int]:
    """What `columns` leave of `values`, and how many of them say something of their own."""
    there = known & ~np.isnan(values)
    if not there.any():
        return np.full_like(values, np.nan), 0
    groups = level[there]
    v = _about_levels(values[there], groups)
    z = np.stack([_about_levels(column[there], groups) for column in columns], axis=1)
    left = np.full_like(values, np.nan)
    coefficients, _, rank, _ = np.linalg.lstsq(z, v, rcond=1e-10)
    left[there] = v - z @ coefficients
    return left, int(rank)


def _about_levels(values: Values, groups: NDArray[np.intp]) -> Values:
    count = np.maximum(np.bincount(groups), 1)
    return np.asarray(values - (np.bincount(groups, values) / count)[groups])
