"""Interrupted time series: did a daily series change its level and its slope at an event [1]_?

    y(t) = level + slope t + [t > 0] (level change + slope change t) + e(t)

t in days from the event; the day of the event itself is left out, since nobody knows which side it belongs
to. Days are alike: e is autoregressive, e(t) = phi e(t - 1) + new, in real days, so that e on both sides of a
gap of g days are correlated by phi^g. Nothing is filled.

With a month of days phi is known badly, and an interval that takes one value of it for granted is too short:
of 100 intervals with Newey and West's errors 67 to 81 held the truth, with phi of the highest restricted
likelihood 91 to 93, and with all phi 95 (docs/decisions/0024-treatment-response.md). So every phi from -0.90
to 0.98 is fitted by generalised least squares, in closed form [2]_, and they are averaged by their restricted
likelihood [3]_ with Jeffreys' weight for the autocorrelation of a stationary series, (1 - phi^2)^-1/2. The
estimate is the mean, the 95 % interval that of the mixture of their t distributions with n - 4 degrees of
freedom.

References
----------
.. [1] A. K. Wagner et al., "Segmented regression analysis of interrupted time series studies in medication
   use research," J. Clin. Pharm. Ther. 27:299-309, 2002.
.. [2] S. J. Prais, C. B. Winsten, Cowles Commission Discussion Paper 383, 1954; here with gaps.
.. [3] D. A. Harville, "Bayesian inference for variance components using only error contrasts," Biometrika
   61:383-385, 1974: the restricted likelihood is that of the data with level and slopes averaged over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analytics.response.rules import RULES, Rules
from analytics.response.windows import Daily

Values = NDArray[np.float64]
ERRORS = "AR(1) in real days, averaged over phi by restricted likelihood; t with n - 4"
_PHI = np.linspace(-0.9, 0.98, 48)
_PRIOR = -0.5 * np.log(1 - _PHI**2)
_STEPS = 26  #: halvings of the search for the ends of an interval: to 2^-26 of its first width
_LIGHT = 1e-9  #: a phi of less weight is left out
_PERFECT = 1e-20  #: share of the squares that a fit may leave and count as without error


@dataclass(frozen=True, slots=True)
class Estimate:
    """A coefficient with its 95 % interval and standard error; slopes are per day.

    A series that lies on its lines without any error has an estimate and no interval.
    """

    estimate: float
    ci: tuple[float, float] | None
    se: float | None


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The change of a series at an event; None with a reason where too little is known."""

    level_change: Estimate | None
    slope_change: Estimate | None
    slope_before: Estimate | None  #: the trend that was there already
    phi: float | None  #: mean over its likelihood
    n_before: int
    n_after: int
    reason: str | None


def interrupted(series: Daily, last: int, rules: Rules = RULES) -> Interrupted:
    """The change at the event, from up to four weeks before it to day `last` after it.

    Needs eight days with a value on each side, and a series that is not the same on every day.
    """
    kept = (series.t >= -rules.series_days) & (series.t <= last) & (series.t != 0)
    t, y = series.t[kept].astype(np.float64), series.y[kept]
    n_before, n_after = int((t < 0).sum()), int((t > 0).sum())
    least = rules.least_each_side
    if min(n_before, n_after) < least:
        why = f"too little data: {n_before} days before and {n_after} after, {least} of each are needed"
        return _nothing(n_before, n_after, why)
    if np.ptp(y) == 0:
        return _nothing(n_before, n_after, "the values are the same on every day: nothing varies")
    unit = float(rules.series_days)  # slopes of the size of levels: the sums stay well conditioned
    fits = _fits(t, y, unit)
    scale = np.array([unit, 1.0, unit])
    if fits is None:
        plain = np.linalg.lstsq(segments(t, unit), y, rcond=None)[0][1:] / scale
        before, level, slope = (Estimate(value, None, None) for value in plain.tolist())
        why = "the series lies on two lines without any error: no interval"
        return Interrupted(level, slope, before, None, n_before, n_after, why)
    before, level, slope = _mixed(fits, scale)
    return Interrupted(level, slope, before, float(fits.weight @ fits.phi), n_before, n_after, None)


def segments(t: Values, unit: float) -> Values:
    """(n, 4): 1, t, after, and t after; t in `unit` days."""
    after = (t > 0).astype(np.float64)
    return np.column_stack([np.ones(len(t)), t / unit, after, after * t / unit])


class _Fits(NamedTuple):
    """One fit for each phi that has any weight."""

    phi: Values
    beta: Values  #: (phi, 4)
    se: Values  #: (phi, 4)
    weight: Values  #: they add up to 1
    dof: int


def _fits(t: Values, y: Values, unit: float) -> _Fits | None:
    """The fits of all phi; None where one of them leaves no error."""
    both = np.column_stack([segments(t, unit), y])
    power = _PHI[:, None] ** np.diff(t)[None, :]
    scale = np.sqrt(1 - power**2)
    free = np.empty((len(_PHI), *both.shape))  # of autocorrelation
    free[:, 0] = both[0]
    free[:, 1:] = (both[1:] - power[..., None] * both[:-1]) / scale[..., None]
    x, z = free[..., :4], free[..., 4]
    squares = np.einsum("gni,gnj->gij", x, x)
    inverse = np.linalg.inv(squares)
    beta = np.einsum("gij,gnj,gn->gi", inverse, x, z)
    left = ((z - np.einsum("gni,gi->gn", x, beta)) ** 2).sum(axis=1)
    if (left <= _PERFECT * (z**2).sum(axis=1)).any():
        return None
    dof = len(t) - 4
    likely = (
        -np.log(scale).sum(axis=1) - 0.5 * np.linalg.slogdet(squares)[1] - 0.5 * dof * np.log(left) + _PRIOR
    )
    weight = np.exp(likely - likely.max())
    se = np.sqrt(left[:, None] / dof * np.diagonal(inverse, axis1=1, axis2=2))
    heavy = weight > _LIGHT * weight.sum()
    weight = weight[heavy] / weight[heavy].sum()
    return _Fits(_PHI[heavy], beta[heavy], se[heavy], weight, dof)


def _mixed(fits: _Fits, unit: Values) -> list[Estimate]:
    """Trend, level change and slope change: the mean of each mixture of t distributions, and its interval."""
    beta, se = fits.beta[:, 1:], fits.se[:, 1:]
    mean = fits.weight @ beta
    spread = np.sqrt(fits.weight @ (se**2 * fits.dof / (fits.dof - 2) + (beta - mean) ** 2))
    low, high = _ends(beta, se, fits.weight, fits.dof) / unit
    figures = zip((mean / unit).tolist(), low.tolist(), high.tolist(), (spread / unit).tolist(), strict=True)
    return [Estimate(m, (a, b), s) for m, a, b, s in figures]


def _ends(beta: Values, se: Values, weight: Values, dof: int) -> Values:
    """(2, k): where each mixture has 2.5 % below and above, by halving between those of its parts."""
    shares = np.array([0.025, 0.975])[:, None]
    own = beta[None] + se[None] * special.stdtrit(dof, shares)[:, :, None]
    low, high = own.min(axis=1), own.max(axis=1)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        parts = special.stdtr(dof, (middle[:, None] - beta[None]) / se[None])
        short = np.einsum("g,sgk->sk", weight, parts) < shares
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    return np.asarray((low + high) / 2)


def _nothing(n_before: int, n_after: int, why: str) -> Interrupted:
    return Interrupted(None, None, None, None, n_before, n_after, why)
