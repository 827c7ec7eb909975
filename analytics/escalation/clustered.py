"""Shares, rates and means of a group of patients, with intervals that take the patient as the unit.

Two events of one patient tell less than events of two, and a patient who is paged twice is paged a third time
sooner than a stranger: intervals that count events would be too short. So each is that of as many independent
events, or of as much independent time, as tell the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincinv

from groups.pooled import t_quantile
from groups.proportion import wilson

Values = NDArray[np.float64]
_Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 95 % interval and the patients that it rests on."""

    value: float
    low: float
    high: float
    patients: int


def share(parts: ArrayLike, wholes: ArrayLike) -> Estimate | None:
    """All parts over all wholes, one of each a patient; None for fewer than two patients with a whole.

    Wilson's interval of as many independent ones as have the variance that is seen between patients (the
    design effect of Kish; with the degrees of freedom of the patients, Korn and Graubard [1]_), never of more
    than there are. Where all or none are parts no spread can be seen, and each patient counts once.

    Parameters
    ----------
    parts, wholes : (n,) arrays
        Of each patient, such as events seen and events, or days answered and days. 0 <= part <= whole.

    References
    ----------
    .. [1] E. L. Korn, B. I. Graubard, "Confidence intervals for proportions with small expected number of
       positive counts estimated from survey data," Surv. Methodol. 24:193-201, 1998.
    """
    k, n = _of_patients(parts, wholes)
    patients = len(n)
    if patients < 2:
        return None
    value = float(k.sum() / n.sum())
    if 0 < value < 1:
        # A spread of nothing would be as many independent ones as one likes.
        variance = max(_ratio_variance(k, n, value), value * (1 - value) / n.sum())
        alike = value * (1 - value) / variance
    else:
        alike = float(patients)
    few = (_Z / t_quantile(0.975, patients - 1)) ** 2
    interval = wilson(value * alike * few, alike * few)
    assert interval is not None
    # The whole at an end is told by the numbers, which rounding may have moved.
    low, high = (0.0 if value <= 0 else interval[0]), (1.0 if value >= 1 else interval[1])
    return Estimate(value, min(low, value), max(high, value), patients)


def rate(counts: ArrayLike, times: ArrayLike) -> Estimate | None:
    """All counts over all time, such as pages over patient-weeks; None for fewer than two patients with time.

    The exact interval of a Poisson count (Garwood), of count and time divided by how much more patients
    differ than Poisson counts would: never taken as less than 1. With 0 counts it is Garwood's own.

    References
    ----------
    .. [1] F. Garwood, "Fiducial limits for the Poisson distribution," Biometrika 28:437-442, 1936.
    """
    c, t = _of_patients(counts, times)
    patients = len(t)
    if patients < 2:
        return None
    count, time = float(c.sum()), float(t.sum())
    value = count / time
    spread = max(1.0, _ratio_variance(c, t, value) * time**2 / count) if count else 1.0
    if count:
        spread *= (t_quantile(0.975, patients - 1) / _Z) ** 2
    alike = count / spread
    low = float(gammaincinv(alike, 0.025)) if alike else 0.0
    high = float(gammaincinv(alike + 1, 0.975))
    return Estimate(value, low * spread / time, high * spread / time, patients)


def mean(values: ArrayLike) -> Estimate | None:
    """The mean of one value a patient, NaN where unknown, with the interval of Student; None below two."""
    known = np.asarray(values, np.float64)
    known = known[~np.isnan(known)]
    if len(known) < 2:
        return None
    value = float(known.mean())
    half = t_quantile(0.975, len(known) - 1) * float(known.std(ddof=1)) / sqrt(len(known))
    return Estimate(value, value - half, value + half, len(known))


def difference(one: Estimate, other: Estimate) -> Estimate:
    """One minus the other, of different patients, by what their own intervals leave open.

    References
    ----------
    .. [1] R. G. Newcombe, Stat. Med. 17:873-890, 1998, method 10; G. Y. Zou, A. Donner, Stat. Med.
       27:1693-1702, 2008, for any two estimates.
    """
    value = one.value - other.value
    down = sqrt((one.value - one.low) ** 2 + (other.high - other.value) ** 2)
    up = sqrt((one.high - one.value) ** 2 + (other.value - other.low) ** 2)
    return Estimate(value, value - down, value + up, one.patients)


def _of_patients(parts: ArrayLike, wholes: ArrayLike) -> tuple[Values, Values]:
    k, n = np.asarray(parts, np.float64), np.asarray(wholes, np.float64)
    there = n > 0
    return k[there], n[there]


def _ratio_variance(k: Values, n: Values, value: float) -> float:
    """Of a ratio of sums over patients, by linearisation."""
    m = len(n)
    return float(m / (m - 1) * ((k - value * n) ** 2).sum() / n.sum() ** 2) if m > 1 else nan
