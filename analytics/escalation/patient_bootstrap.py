"""How sure a figure of predicted risks is, when other patients might have been asked."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from analytics.escalation.validation import Values, Yes

DRAWS = 300
LEAST_PATIENTS = 8  #: with fewer there are too few different bootstraps to trust

Figures = Callable[[Values, Yes, Values], list[float]]


def clustered_intervals(
    p: Values,
    y: Yes,
    patient: NDArray[np.int64],
    figures: Figures,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> list[tuple[float, float] | None]:
    """95 % percentile intervals of each of `figures` by drawing whole patients, as the days of one are alike.

    `patient` (m,) says whose a row is. None where there are fewer than eight patients, or where one draw in
    twenty or more has no answer (a rare event is then in too few patients).
    """
    codes, place = np.unique(patient, return_inverse=True)
    n = len(codes)
    if n < LEAST_PATIENTS:
        return [None for _ in figures(p, y, np.ones(len(p)))]
    order = np.argsort(p, kind="stable")  # what sorts by risk in each draw then finds it sorted
    p, y, place = p[order], y[order], place[order]
    rng = np.random.default_rng(seed)
    often = rng.multinomial(n, np.full(n, 1 / n), size=draws).astype(np.float64)
    found = np.array([figures(p, y, weights[place]) for weights in often])
    return [_interval(column) for column in found.T]


def _interval(drawn: Values) -> tuple[float, float] | None:
    known = drawn[~np.isnan(drawn)]
    if len(known) <= 0.95 * len(drawn):
        return None
    low, high = np.quantile(known, [0.025, 0.975])
    return float(low), float(high)
