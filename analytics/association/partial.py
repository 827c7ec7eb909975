"""Two measures without what a third moves in both: weekday, wear, phase of treatment."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analytics.association.panel import Panel

Values = NDArray[np.float64]


def adjusted(panel: Panel, *, weekday: bool = False, episodes: NDArray[np.int64] | None = None) -> Panel:
    """`x` and `y` each without what `panel.z` and the weekday explain of them within patients.

    By least squares, one coefficient for all patients, as in a repeated-measures correlation. With
    `episodes` (P, N), numbers of stretches of a patient's days, each stretch has a level of its own and is
    a row of its own in what is returned: its days go round in their own circle, so that chance knows the
    levels, too. A day on which a column is unknown is left out. On complete days the correlation of what
    remains is the partial correlation within patients. `spent` counts the columns, but not weekdays:
    turned, they are weekdays again.
    """
    # One number for each patient and stretch; without stretches, for each patient.
    stretch = np.zeros(panel.x.shape, np.int64) if episodes is None else episodes
    level = np.arange(len(panel.x))[:, None] * (int(stretch.max(initial=0)) + 1) + stretch
    _, level = np.unique(level, return_inverse=True)
    level = level.reshape(panel.x.shape)
    columns = panel.z
    if weekday:
        columns = np.concatenate([columns, weekdays(panel)]) if len(columns) else weekdays(panel)
    known: NDArray[np.bool_] = (
        ~np.any(np.isnan(columns), axis=0) if len(columns) else np.ones_like(stretch, bool)
    )
    without = replace(
        panel,
        x=_without(panel.x, columns, known, level),
        y=_without(panel.y, columns, known, level),
        z=np.empty((0, 0, 0)),
        spent=panel.spent + len(panel.z),
    )
    return without if episodes is None else _apart(without, stretch)


def weekdays(panel: Panel) -> Values:
    """(6, P, N) whether a day is a Tuesday, ..., a Sunday; a Monday is none of them."""
    number = panel.first.astype(np.int64)[:, None] + np.arange(panel.x.shape[1])
    weekday = (number + 3) % 7  # 1970-01-01 was a Thursday
    return np.array([weekday == k for k in range(1, 7)], dtype=np.float64)


def _without(values: Values, columns: Values, known: NDArray[np.bool_], level: NDArray[np.intp]) -> Values:
    """What `columns` leave of `values` about their levels."""
    there = known & ~np.isnan(values)
    left = np.full_like(values, np.nan)
    groups = level[there]
    v = _about_levels(values[there], groups)
    if len(columns) and len(v):
        z = np.stack([_about_levels(column[there], groups) for column in columns], axis=1)
        v = v - z @ np.linalg.lstsq(z, v, rcond=1e-10)[0]
    left[there] = v
    return left


def _about_levels(values: Values, groups: NDArray[np.intp]) -> Values:
    count = np.maximum(np.bincount(groups), 1)
    return np.asarray(values - (np.bincount(groups, values) / count)[groups])


def _apart(panel: Panel, stretch: NDArray[np.int64]) -> Panel:
    """Each stretch as a row that begins with its own first day; the patient's name is said again."""
    rows = []
    for k, name in enumerate(panel.patients):
        own = stretch[k, : panel.spans[k]]
        starts: list[int] = np.flatnonzero(np.diff(own, prepend=-1)).tolist()
        for start, end in zip(starts, [*starts[1:], len(own)], strict=True):
            rows.append((k, name, start, end))
    width = max((end - start for _, _, start, end in rows), default=0)
    grids = np.full((2, len(rows), width), np.nan)
    for row, (k, _, start, end) in enumerate(rows):
        grids[0, row, : end - start], grids[1, row, : end - start] = (
            panel.x[k, start:end],
            panel.y[k, start:end],
        )
    return replace(
        panel,
        patients=tuple(name for _, name, _, _ in rows),
        spans=np.array([end - start for _, _, start, end in rows], np.int64),
        first=np.array([panel.first[k] + start for k, _, start, _ in rows], "datetime64[D]"),
        x=grids[0],
        y=grids[1],
    )
