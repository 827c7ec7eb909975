"""How often chance alone links two series as strongly, when days in a row are alike.

The days of each patient go round in a circle, and one measure is turned against the other by a random number
of days, for each patient another. That breaks any link between them and keeps what each is by itself: its
level, its spread, how alike its days are, and its gaps. The textbook p takes days as independent; with an
autocorrelation of 0.5 and a quarter of the days missing it calls 11 % of unrelated cohorts related.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analytics.association.sums import Sums

Values = NDArray[np.float64]
DRAWS = 1000
AT_ONCE = 128  #: draws that are looked up together
EQUAL = 1e-12


def random_shifts(spans: NDArray[np.int64], draws: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """(draws, P) days by which each patient's y is turned: any number below the patient's own span."""
    return rng.integers(0, spans, size=(draws, len(spans)))


def strength(total: Sums) -> Values:
    """How far a link is from none: r times the root of its pairs, so that a lag, which has fewer pairs of
    days than a turn of the circle, is not taken for stronger than it is. NaN where r is."""
    return np.asarray(total.r * np.sqrt(total.n))


def shifted_strength(sums: Sums, shifts: NDArray[np.int64]) -> Values:
    """(draws,) strength of the link within patients in each draw; `sums` (P, N) as of `shifted_sums`."""
    patients, days = sums.n.shape
    flat = [np.ascontiguousarray(part).ravel() for part in sums]
    start = np.arange(patients) * days
    found = np.empty(len(shifts))
    for first in range(0, len(shifts), AT_ONCE):
        at = shifts[first : first + AT_ONCE] + start
        drawn = strength(Sums(*(part.take(at).sum(axis=1) for part in flat)))
        found[first : first + AT_ONCE] = np.nan_to_num(drawn)
    return found


def shift_p(observed: Values, by_chance: Values) -> Values:
    """Two-sided p of each observed strength: the share of draws that reach it, itself counted as one."""
    ranked = np.sort(np.abs(by_chance))
    reached = len(ranked) - np.searchsorted(ranked, np.abs(observed) - EQUAL, side="left")
    return np.where(np.isnan(observed), np.nan, (1 + reached) / (1 + len(ranked)))
