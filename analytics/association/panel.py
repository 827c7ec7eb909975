"""Daily rows of several patients on one grid: a row for each patient, a column for each day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
MOST_DAYS = 3660  #: of one patient, first day to last: ten years


@dataclass(frozen=True)
class Panel:
    """Measures of each patient from the patient's own first day on; NaN is missing or beyond the last day."""

    patients: tuple[str, ...]  #: the same again where a patient's days are cut into stretches
    spans: NDArray[np.int64]  #: (P,) days from each patient's first to last
    first: NDArray[np.datetime64]  #: (P,) first day
    x: Values  #: (P, N)
    y: Values  #: (P, N)
    z: Values = field(default_factory=lambda: np.empty((0, 0, 0)))  #: (K, P, N) what else was measured
    spent: int = 0  #: degrees of freedom that adjusting x and y has taken

    def without(self, few: int) -> Panel:
        """Only patients with at least that many days on which both are known."""
        enough = (~np.isnan(self.x) & ~np.isnan(self.y)).sum(axis=1) >= few
        kept = tuple(p for p, stays in zip(self.patients, enough.tolist(), strict=True) if stays)
        return replace(
            self,
            patients=kept,
            spans=self.spans[enough],
            first=self.first[enough],
            x=self.x[enough],
            y=self.y[enough],
            z=self.z[:, enough] if len(self.z) else self.z,
        )


def panel_of(
    patient: Sequence[object] | NDArray[np.generic],
    day: NDArray[np.datetime64],
    x: Values,
    y: Values,
    z: Sequence[Values] = (),
) -> Panel:
    """Rows in any order, one for each patient and day, on a grid without a hole; `z` are further columns.

    Raises ValueError where a patient has a day twice, where columns differ in length, for infinite values and
    for spans of more than ten years.
    """
    if any(len(column) != len(patient) for column in (day, x, y, *z)):
        raise ValueError("patient, day, x and y must be of one length")
    if any(np.isinf(column).any() for column in (x, y, *z)):
        raise ValueError("x and y must be finite or missing")
    names, who = np.unique(np.array([str(p) for p in patient]), return_inverse=True)
    number = day.astype("datetime64[D]").astype(np.int64)
    first, last = np.full(len(names), np.iinfo(np.int64).max), np.full(len(names), np.iinfo(np.int64).min)
    np.minimum.at(first, who, number)
    np.maximum.at(last, who, number)
    spans = last - first + 1
    if (spans > MOST_DAYS).any():
        raise ValueError(f"the days of a patient lie more than {MOST_DAYS} days apart: check the dates")
    place = number - first[who]
    width = int(spans.max(initial=0))
    if np.bincount(who * width + place).max(initial=0) > 1:
        raise ValueError("a patient has the same day twice: give one row for each patient and day")
    grids = np.full((2 + len(z), len(names), width), np.nan)
    for grid, column in zip(grids, (x, y, *z), strict=True):
        grid[who, place] = column
    return Panel(tuple(names.tolist()), spans, first.astype("datetime64[D]"), grids[0], grids[1], grids[2:])
