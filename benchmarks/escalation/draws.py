"""Figures with their uncertainty: patients are drawn again, never days, since the days of one are alike.

A figure is an array whose first number is the figure itself and whose others are the same figure of so many
bootstrap samples of patients. Sums, differences and means of figures are then plain arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DRAWS = 1000
_Z = 1.959964


@dataclass(frozen=True)
class Figure:
    """`all` (1 + draws,): the figure, then the figure of each sample of patients. NaN: cannot be told."""

    all: Floats
    of_patients: tuple[int, int] | None = None  #: (with, of), where it is a plain share of patients

    @property
    def value(self) -> float:
        """The figure itself."""
        return float(self.all[0])

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 %: Wilson's for a plain share of patients, else the percentiles of the samples."""
        if self.of_patients is not None:
            return wilson(*self.of_patients)
        known = self.all[1:][~np.isnan(self.all[1:])]
        if len(known) < 0.95 * max(len(self.all) - 1, 1):
            return None
        low, high = np.quantile(known, (0.025, 0.975), method="closest_observation")
        return float(low), float(high)


def wilson(hits: int, n: int) -> tuple[float, float] | None:
    """95 % interval of a share (E. B. Wilson, JASA 22:209-212, 1927); None of nobody."""
    if n == 0:
        return None
    share, add = hits / n, _Z * _Z / n
    middle = (share + add / 2) / (1 + add)
    half = _Z * sqrt(share * (1 - share) / n + add / (4 * n)) / (1 + add)
    return max(0.0, middle - half), min(1.0, middle + half)


def weights(patients: int, seed: int, draws: int = DRAWS) -> Floats:
    """(1 + draws, patients): how often each counts; once in the first row."""
    rng = np.random.default_rng([seed, patients])
    often = rng.multinomial(patients, np.full(patients, 1 / patients), size=draws)
    return np.concatenate([np.ones((1, patients)), often])


def ratio(above: Floats, below: Floats, w: Floats) -> Figure:
    """Sum over patients of `above` by that of `below`, both (n,)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return Figure((w @ above) / (w @ below))


def share(hit: NDArray[np.bool_], patient: NDArray[np.int64], w: Floats) -> Figure:
    """Share of records that are hits; `patient` (m,) says whose each record is."""
    n = w.shape[1]
    hits = np.bincount(patient, hit, n)
    records = np.bincount(patient, minlength=n).astype(np.float64)
    found = ratio(hits, records, w).all
    asked = int((records > 0).sum())
    if records.max(initial=0) <= 1:
        return Figure(found, (int(hits.sum()), asked))
    # No sample of patients without a hit has one: an interval from 0 to 0 would claim too much.
    if hits.sum() in (0, records.sum()):
        return Figure(found, (asked if hits.any() else 0, asked))
    return Figure(found)


def median(values: Floats, patient: NDArray[np.int64], w: Floats) -> Figure:
    """Lower median of records, each as often as its patient was drawn."""
    if len(values) == 0:
        return Figure(np.full(len(w), np.nan))
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(w[:, patient[order]], axis=1)
    place = (reached >= reached[:, -1:] / 2).argmax(axis=1)
    found = np.where(reached[:, -1] > 0, values[order][place], np.nan)
    return Figure(found)


def mean(figures: list[Figure]) -> Figure:
    """Mean of figures, each of other patients."""
    return Figure(np.mean([one.all for one in figures], axis=0))
