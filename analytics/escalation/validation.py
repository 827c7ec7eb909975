"""How good predicted risks are: discrimination, calibration, net benefit.

Every function takes `p` (m,) of predicted risks from 0 to 1, `y` (m,) of what came (True: the event came),
and weights `w` (m,) by which a row counts, 1 each where they are left out; a bootstrap of patients is a set
of weights. None of them may be NaN. What cannot be told (one class only, no rows) is NaN, never a number.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Yes = NDArray[np.bool_]

#: Risks at which one would act, over which net benefit is told.
THRESHOLDS = (0.05, 0.10, 0.15, 0.20, 0.25, 0.30)
BINS = 10
_MOST_STEPS = 50
#: Risks nearer to 0 or 1 have a log odds that no calibration could use.
_EDGE = 1e-7


def auroc(p: Values, y: Yes, w: Values | None = None) -> float:
    """Chance that a day that led to an event had the higher risk of two; ties count half [1]_.

    References
    ----------
    .. [1] J. A. Hanley, B. J. McNeil, Radiology 143:29-36, 1982.
    """
    yes, no = _by_risk(p, y, w)
    pairs = yes.sum() * no.sum()
    if not pairs > 0:
        return float("nan")
    below = np.cumsum(no) - no
    return float((yes * (below + no / 2)).sum() / pairs)


def average_precision(p: Values, y: Yes, w: Values | None = None) -> float:
    """Area under precision and recall, in steps, not interpolated; chance gives the event rate."""
    yes, no = (part[::-1] for part in _by_risk(p, y, w))
    if not yes.sum() > 0:
        return float("nan")
    hits, all_ = np.cumsum(yes), np.cumsum(yes + no)
    with np.errstate(invalid="ignore"):
        precision = np.where(all_ > 0, hits / all_, 0.0)
    return float((yes * precision).sum() / yes.sum())


def brier(p: Values, y: Yes, w: Values | None = None) -> float:
    """Mean squared distance of risk and outcome; 0 is perfect."""
    return _mean((p - y) ** 2, w)


def scaled_brier(p: Values, y: Yes, w: Values | None = None) -> float:
    """1 less Brier over that of saying the event rate every day: 0 is no better than that, 1 perfect."""
    rate = _mean(y.astype(np.float64), w)
    spread = rate * (1 - rate)
    return 1 - brier(p, y, w) / spread if spread > 0 else float("nan")


def log_loss(p: Values, y: Yes, w: Values | None = None) -> float:
    """Mean negative log likelihood [nats]."""
    held = np.clip(p, _EDGE, 1 - _EDGE)
    return _mean(-np.where(y, np.log(held), np.log1p(-held)), w)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Logistic recalibration: log odds of the outcome = intercept + slope * log odds of the risk."""

    intercept: float  #: 0 is right
    slope: float  #: 1 is right; below it risks are too extreme, above it too timid
    in_the_large: float  #: intercept with the slope held at 1; above 0 risks are too low on average


def calibration(p: Values, y: Yes, w: Values | None = None) -> Calibration:
    """Cox's recalibration [1]_ by Newton steps; NaN without both outcomes, or where risks never differ.

    References
    ----------
    .. [1] D. R. Cox, Biometrika 45:562-565, 1958; terms after B. Van Calster et al., J. Clin. Epidemiol.
       74:167-176, 2016.
    """
    weights = np.ones(len(p)) if w is None else w
    x = log_odds(p)
    rate = _mean(y.astype(np.float64), w)
    if not 0 < rate < 1:
        return Calibration(*[float("nan")] * 3)
    large = _newton(np.ones((1, len(x))), x, y, weights)[0]
    used = x[weights > 0]
    if not np.ptp(used) > 0:
        return Calibration(float("nan"), float("nan"), float(large))
    intercept, slope = _newton(np.stack([np.ones(len(x)), x]), np.zeros(len(x)), y, weights)
    return Calibration(float(intercept), float(slope), float(large))


def log_odds(p: Values) -> Values:
    """Of a risk, held away from 0 and 1."""
    held = np.clip(p, _EDGE, 1 - _EDGE)
    return np.asarray(np.log(held / (1 - held)))


@dataclass(frozen=True, slots=True)
class Bin:
    """Days with alike risks: how many, what was said, what came."""

    days: float
    predicted: float
    observed: float


def reliability(p: Values, y: Yes, w: Values | None = None, bins: int = BINS) -> list[Bin]:
    """Days sorted by risk in so many groups of about the same weight; equal risks stay together."""
    order = np.argsort(p, kind="stable")
    weights = np.ones(len(p)) if w is None else w
    risk, came, weight = p[order], y[order].astype(np.float64), weights[order]
    total = weight.sum()
    if not total > 0:
        return []
    starts = np.concatenate([[True], risk[1:] > risk[:-1]])
    level = np.cumsum(starts) - 1
    # A level belongs to the group in which its middle lies.
    each = np.bincount(level, weight)
    middle = (np.cumsum(each) - each / 2) / total
    group = np.minimum((middle * bins).astype(np.int64), bins - 1)[level]
    of = [np.bincount(group, part, bins) for part in (weight, weight * risk, weight * came)]
    return [Bin(float(n), float(q / n), float(o / n)) for n, q, o in zip(*of, strict=True) if n > 0]


def expected_calibration_error(p: Values, y: Yes, w: Values | None = None, bins: int = BINS) -> float:
    """Mean distance of what was said from what came, over the groups of `reliability`."""
    found = reliability(p, y, w, bins)
    days = sum(one.days for one in found)
    return (
        sum(one.days * abs(one.predicted - one.observed) for one in found) / days if found else float("nan")
    )


@dataclass(frozen=True, slots=True)
class NetBenefit:
    """At one threshold, in true alarms for each judged day; to treat nobody is 0."""

    threshold: float
    model: float
    treat_all: float
    acted_on: float  #: share of the days at or above the threshold


def net_benefit(
    p: Values, y: Yes, w: Values | None = None, thresholds: tuple[float, ...] = THRESHOLDS
) -> list[NetBenefit]:
    """True alarms less false ones at their price, the odds of the threshold [1]_.

    References
    ----------
    .. [1] A. J. Vickers, E. B. Elkin, Med. Decis. Making 26:565-574, 2006.
    """
    rate = _mean(y.astype(np.float64), w)
    found = []
    for at in thresholds:
        price, acted = at / (1 - at), p >= at
        found.append(
            NetBenefit(
                at,
                _mean((acted & y).astype(np.float64), w) - price * _mean((acted & ~y).astype(np.float64), w),
                rate - price * (1 - rate),
                _mean(acted.astype(np.float64), w),
            )
        )
    return found


def _by_risk(p: Values, y: Yes, w: Values | None) -> tuple[Values, Values]:
    """Weight of events and of others at each different risk, from the lowest up."""
    levels, place = np.unique(p, return_inverse=True)
    weights = np.ones(len(p)) if w is None else w
    yes = np.bincount(place, weights * y, len(levels)).astype(np.float64)
    return yes, np.bincount(place, weights, len(levels)).astype(np.float64) - yes


def _mean(values: Values, w: Values | None) -> float:
    if w is None:
        return float(values.mean()) if len(values) else float("nan")
    total = w.sum()
    return float(values @ w / total) if total > 0 else float("nan")


def _newton(design: Values, offset: Values, y: Yes, w: Values) -> Values:
    """Coefficients (k,) of a logistic fit over design (k, m); NaN where it tells all outcomes apart."""
    beta = np.zeros(len(design))
    if len(design) > 1:
        beta[1] = 1.0
    for _ in range(_MOST_STEPS):
        with np.errstate(over="ignore"):
            said = 1 / (1 + np.exp(-(offset + beta @ design)))
        slope = design @ (w * (y - said))
        bend = (design * (w * said * (1 - said))) @ design.T
        try:
            step = np.linalg.solve(bend, slope)
        except np.linalg.LinAlgError:
            return np.full(len(design), np.nan)
        beta = beta + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-10:
            return np.asarray(beta)
    return np.full(len(design), np.nan)
