"""Means over bins of many lengths at once, on whole days of a regular clock.

Bins of 60 minutes are made from bins of 30, these from bins of 15, and so on: each length costs a few
additions. Arrays are (patients, days, cells), so that one call serves a ward as well as one person.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from analytics.indices.timeline import Values

LENGTHS_MIN = (1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 15, 16, 18, 20, 24, 30, 32, 36, 40, 45, 48, 60)
DAY_MIN = 1440


class Bins(NamedTuple):
    """Bins of one length: (patients, days, bins of a day)."""

    minutes: int
    mean: Values  #: 0 where the bin does not count
    counts: Values  #: 1 where at least half of the bin is valid, else 0


class Moments(NamedTuple):
    """Sums over the bins of one length, of each patient; those of two stretches of time may be added."""

    of_clock: Values  #: (patients, bins of a day) sums of means
    n_clock: Values  #: how many
    squares: Values  #: of means
    step_squares: Values  #: of steps between neighbours
    pairs: Values  #: of neighbours


class Shares(NamedTuple):
    """The quotients behind IS and IV, one for each patient; NaN where they cannot be given."""

    explained: Values
    stepped: Values


class Centred(NamedTuple):
    """Activity around 0, so that sums of squares lose nothing."""

    level: Values  #: (patients, days, epochs), NaN is missing
    mean: Values  #: what was taken off, of each patient
    largest: Values  #: of |x| before, of each patient


def lengths_for(epoch_s: float) -> list[int]:
    """The bin lengths that are whole multiples of the epoch [min]."""
    return [minutes for minutes in LENGTHS_MIN if minutes * 60 % epoch_s == 0]


def bins_of_all_lengths(x: Values, epoch_s: float) -> Iterator[Bins]:
    """The bins of each length that is a multiple of the epoch; `x` (patients, days, epochs), NaN missing."""
    valid = ~np.isnan(x)
    # Sums and numbers lie in one array, so that one addition serves both.
    finest = np.stack([np.where(valid, x, 0.0), valid])
    made: dict[int, Values] = {}
    for minutes in lengths_for(epoch_s):
        base = max((m for m in made if minutes % m == 0), default=0)
        ratio = minutes // base if base else round(minutes * 60 / epoch_s)
        made[minutes] = _folded(made[base] if base else finest, ratio)
        total, n = made[minutes]
        counts = (n >= max(minutes * 30 / epoch_s, 1)).astype(np.float64)
        mean = total / np.maximum(n, 1)
        mean *= counts
        yield Bins(minutes, mean, counts)


def moments(bins: Bins) -> Moments:
    """Sums of one stretch of time; neighbours are neighbours in the table."""
    people, days, of_a_day = bins.mean.shape
    v = bins.mean.reshape(people, days * of_a_day)
    w = bins.counts.reshape(people, days * of_a_day)
    step = v[:, 1:] - v[:, :-1]
    both = w[:, 1:] * w[:, :-1]
    step *= both
    return Moments(
        bins.mean.sum(axis=1),
        bins.counts.sum(axis=1),
        np.einsum("pi,pi->p", v, v),
        np.einsum("pi,pi->p", step, step),
        both.sum(axis=1),
    )


def shares(sums: Moments, largest: Values) -> Shares:
    """IS and IV of each patient, without their gates; 0 variance against `largest` (of |x|) gives NaN.

    The means must be small beside their spread, so centre the activity of each patient first.
    """
    n, total = sums.n_clock.sum(axis=1), sums.of_clock.sum(axis=1)
    of_clock = (sums.of_clock**2 / np.maximum(sums.n_clock, 1)).sum(axis=1)
    return shares_of(n, total, sums.squares, of_clock, sums.step_squares, sums.pairs, largest)


def shares_of(
    n: Values,
    total: Values,
    squares: Values,
    of_clock: Values,
    step_squares: Values,
    pairs: Values,
    largest: Values | float,
) -> Shares:
    """The same from sums: number, sum and sum of squares of the means, the sum over the clock of (sum of
    means)^2 / number, and the sum of squares and number of steps."""
    with np.errstate(invalid="ignore", divide="ignore"):
        m = total / n
        spread = squares - n * m**2
        spread = np.where(spread > n * (1e-12 * largest) ** 2, spread, np.nan)
        explained = of_clock - n * m**2
        stepped = step_squares / pairs / (spread / n)
    return Shares(np.clip(explained / spread, 0.0, 1.0), stepped)


def centred(x: Values) -> Centred:
    """Activity less each patient's own mean: (patients, days, epochs)."""
    valid = ~np.isnan(x)
    filled = np.where(valid, x, 0.0)
    mean = filled.sum(axis=(1, 2)) / np.maximum(valid.sum(axis=(1, 2)), 1)
    return Centred(x - mean[:, None, None], mean, np.abs(filled).max(axis=(1, 2), initial=0.0))


def _folded(values: Values, ratio: int) -> Values:
    """Sums of `ratio` neighbours on the last axis."""
    total = values[..., ::ratio].copy()
    for k in range(1, ratio):
        total += values[..., k::ratio]
    return total
