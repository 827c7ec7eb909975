"""How much of an hour's activity stays in the next one (phi)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analytics.indices.clock_bins import ClockBins
from analytics.indices.definition import Definition
from analytics.indices.index import Index
from analytics.indices.rhythm import NEVER_VARIES, neighbours
from analytics.indices.timeline import Values
from analytics.indices.validity import LEAST_NEIGHBOURS, too_little

PHI = Definition(
    name="phi",
    unit="1",
    meaning="Autoregression of order 1 of the hourly means: the coefficient of largest exact Gaussian "
    "likelihood, the mean estimated with it; -1 to 1.",
    missing="an hour counts when half of it is valid; a gap begins a new independent stretch",
    needs=f"{LEAST_NEIGHBOURS} pairs of neighbouring hours and activity that varies",
    source="GGIR (phi of its IS and IV part); likelihood as in Box and Jenkins, Time Series Analysis, ch. 7",
    spans="recording, 28 days",
)
LIMIT = 1 - 1e-6
_GOLDEN = (np.sqrt(5) - 1) / 2


class Sums(NamedTuple):
    """What the likelihood needs; each may be an array with one entry for each patient."""

    runs: Values  #: number of stretches without a gap
    first: Values  #: sum of the first values of the stretches
    first_sq: Values
    pairs: Values
    before: Values  #: sum over pairs of the earlier value
    after: Values
    before_sq: Values
    after_sq: Values
    product: Values


def persistence(hours: ClockBins) -> Index:
    """`phi` of the hourly means [1]."""
    together = neighbours(hours)
    n = int(together.sum())
    if n < LEAST_NEIGHBOURS:
        return PHI.absent(too_little(n, LEAST_NEIGHBOURS, "pairs of neighbouring hours"))
    x = hours.mean - hours.mean.mean()
    if float(x @ x) <= len(x) * (1e-12 * float(np.abs(hours.mean).max())) ** 2:
        return PHI.absent(NEVER_VARIES)
    first, before, after = x[np.r_[True, ~together]], x[:-1][together], x[1:][together]
    sums = (len(first), first.sum(), first @ first, n, before.sum(), after.sum())
    products = (before @ before, after @ after, before @ after)
    return PHI.is_(float(most_likely(Sums(*(np.array([v], float) for v in (*sums, *products))))[0]))


def most_likely(sums: Sums) -> Values:
    """The phi of largest likelihood in (-1, 1), by golden section; the likelihood has one peak."""
    low, high = np.full(len(sums.runs), -LIMIT), np.full(len(sums.runs), LIMIT)
    for _ in range(70):
        step = _GOLDEN * (high - low)
        left, right = high - step, low + step
        better = _loss(left, sums) < _loss(right, sums)
        low, high = np.where(better, low, left), np.where(better, right, high)
    return _newton((low + high) / 2, sums)


def _loss(phi: Values, s: Sums) -> Values:
    """n ln(residual sum) - R ln(1 - phi^2), the mean chosen best: minus twice the log likelihood, shifted."""
    stay, rest = 1 - phi**2, 1 - phi
    # The mean enters as a parabola: weight, sum and square of (x - mean) over firsts and steps.
    weight = stay * s.runs + rest**2 * s.pairs
    cross = stay * s.first + rest * (s.after - phi * s.before)
    square = stay * s.first_sq + s.after_sq - 2 * phi * s.product + phi**2 * s.before_sq
    return (s.runs + s.pairs) * np.log(square - cross**2 / weight) - s.runs * np.log(stay)


def _newton(phi: Values, s: Sums) -> Values:
    """Golden section ends where the loss is flat to rounding; a parabola through wider points is finer."""
    h = np.minimum(1e-3, (1 - np.abs(phi)) / 2)
    for _ in range(2):
        left, here, right = _loss(phi - h, s), _loss(phi, s), _loss(phi + h, s)
        bend = left - 2 * here + right
        shift = np.where(bend > 0, 0.5 * h * (left - right) / np.where(bend > 0, bend, 1), 0.0)
        phi = np.clip(phi + np.clip(shift, -h, h), -LIMIT, LIMIT)
        h = h / 10
    return phi
