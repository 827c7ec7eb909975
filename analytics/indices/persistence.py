"""How much of an hour's activity stays in the next one (phi)."""

from __future__ import annotations

from collections.abc import Sequence
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
    spans="recording, 28 days, 7 days",
)
LIMIT = 1 - 1e-6
_POINTS, _ROUNDS = 33, 8


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
    return persistence_of_many([hours])[0]


def persistence_of_many(windows: Sequence[ClockBins]) -> list[Index]:
    """`phi` of each of these windows; the search for all of them at once costs little more than for one."""
    found = [_sums_of(hours) for hours in windows]
    known = [sums for sums in found if not isinstance(sums, Index)]
    if not known:
        return [one for one in found if isinstance(one, Index)]
    values = iter(most_likely(Sums(*np.array(known, float).T)).tolist())
    return [one if isinstance(one, Index) else PHI.is_(next(values)) for one in found]


def _sums_of(hours: ClockBins) -> Index | list[float]:
    """What `Sums` holds, or why there is no phi."""
    together = neighbours(hours)
    n = int(together.sum())
    if n < LEAST_NEIGHBOURS:
        return PHI.absent(too_little(n, LEAST_NEIGHBOURS, "pairs of neighbouring hours"))
    x = hours.mean - hours.mean.mean()
    if float(x @ x) <= len(x) * (1e-12 * float(np.abs(hours.mean).max())) ** 2:
        return PHI.absent(NEVER_VARIES)
    first, before, after = x[np.r_[True, ~together]], x[:-1][together], x[1:][together]
    sums = (len(first), first.sum(), first @ first, n, before.sum(), after.sum())
    return [*map(float, sums), *map(float, (before @ before, after @ after, before @ after))]


def most_likely(sums: Sums) -> Values:
    """The phi in (-1, 1) at which the likelihood stops rising: its one peak, by ever finer grids."""
    wide = Sums(*(part[:, None] for part in sums))
    low, high = np.full(len(sums.runs), -LIMIT), np.full(len(sums.runs), LIMIT)
    grid = np.linspace(0, 1, _POINTS)
    for _ in range(_ROUNDS):
        phi = low[:, None] + (high - low)[:, None] * grid
        falls = _slope(phi, wide) < 0
        at = np.clip(falls.cumprod(axis=1).sum(axis=1), 1, _POINTS - 1)
        row = np.arange(len(phi))
        low, high = phi[row, at - 1], phi[row, at]
    return np.asarray((low + high) / 2)


def _slope(phi: Values, s: Sums) -> Values:
    """Of minus twice the log likelihood: n ln(residual sum) - R ln(1 - phi^2), the mean chosen best."""
    stay, rest = 1 - phi**2, 1 - phi
    # The mean enters as a parabola: weight, sum and square of (x - mean) over firsts and steps.
    weight, weight_by = stay * s.runs + rest**2 * s.pairs, -2 * phi * s.runs - 2 * rest * s.pairs
    step = s.after - phi * s.before
    cross, cross_by = stay * s.first + rest * step, -2 * phi * s.first - step - rest * s.before
    square = stay * s.first_sq + s.after_sq - 2 * phi * s.product + phi**2 * s.before_sq
    square_by = 2 * (phi * (s.before_sq - s.first_sq) - s.product)
    left = square - cross**2 / weight
    left_by = square_by - (2 * cross * cross_by - cross**2 * weight_by / weight) / weight
    return (s.runs + s.pairs) * left_by / left + 2 * phi * s.runs / stay
