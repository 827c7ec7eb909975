"""How two daily measures move together within a person.

Repeated-measures correlation after Bland and Altman, BMJ 310:446, 1995, and Bakdash and Marusich, Front
Psychol 8:456, 2017: one common slope for all, each person with an own level. Taking each person's means away
gives it in closed form, without a matrix that could fail to decompose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special


@dataclass(frozen=True)
class RepeatedMeasures:
    """The link within persons; a null value has its sentence in `reasons`.

    `p_iid` and `ci_iid` are the textbook values, which take days of a person as independent. They equal
    other implementations and are no finding by themselves: days in a row are alike.
    """

    r: float | None  #: -1 to 1
    dof: int | None  #: degrees of freedom of the error
    p_iid: float | None  #: two-sided
    ci_iid: tuple[float, float] | None  #: 95 %, by Fisher's z
    n_patients: int  #: with two or more complete rows
    n_days: int  #: complete rows of those patients
    reasons: dict[str, str] = field(default_factory=dict)


def repeated_measures_correlation(
    patient: Sequence[object] | NDArray[np.generic], x: ArrayLike, y: ArrayLike
) -> RepeatedMeasures:
    """Correlation of `x` and `y` within patients; one row for each patient and day.

    Rows in which either value is NaN are left out, then patients of whom fewer than two rows remain: they
    say nothing about a change. Raises ValueError for columns of different length or infinite values.
    """
    xs, ys = np.asarray(x, np.float64), np.asarray(y, np.float64)
    _, who = np.unique(np.array([str(p) for p in patient]), return_inverse=True)
    if not len(who) == len(xs) == len(ys):
        raise ValueError("patient, x and y must be of one length")
    if np.isinf(xs).any() or np.isinf(ys).any():
        raise ValueError("x and y must be finite or missing")
    complete = ~(np.isnan(xs) | np.isnan(ys))
    complete &= np.bincount(who[complete], minlength=int(who.max(initial=-1)) + 1)[who] >= 2
    _, who = np.unique(who[complete], return_inverse=True)
    n_patients, n_days = int(who.max(initial=-1)) + 1, len(who)
    dof = n_days - n_patients - 1
    if dof < 1:
        why = f"too little data: {n_days} complete days of {n_patients} patients leave no degree of freedom"
        return _nothing(None, why, n_patients, n_days)
    dx, dy = _within(xs[complete], who), _within(ys[complete], who)
    if dx is None or dy is None:
        why = f"{'x' if dx is None else 'y'} never varies within a patient"
        return _nothing(dof, why, n_patients, n_days)
    r = float(np.clip((dx @ dy) / np.sqrt((dx @ dx) * (dy @ dy)), -1, 1))
    # The two-sided tail of t = r sqrt(dof / (1 - r^2)) as an incomplete beta function.
    p = float(special.betainc(dof / 2, 0.5, 1 - r * r))
    ci, reasons = None, {}
    if dof < 2:
        reasons["ci_iid"] = "too little data: an interval needs two degrees of freedom"
    elif 1 - abs(r) < 1e-12:
        reasons["ci_iid"] = "the link is perfect, so no interval can be given"
    else:
        # Effective n is dof + 2, hence n - 3 = dof - 1 under the root (rmcorr vignette CI_fix).
        half = float(special.ndtri(0.975)) / np.sqrt(dof - 1)
        z = np.arctanh(r)
        ci = (float(np.tanh(z - half)), float(np.tanh(z + half)))
    return RepeatedMeasures(r, dof, p, ci, n_patients, n_days, reasons)


def _within(values: NDArray[np.float64], who: NDArray[np.intp]) -> NDArray[np.float64] | None:
    """Deviations from each patient's own mean; None where there are none beyond rounding."""
    means = np.bincount(who, values) / np.bincount(who)
    deviations = values - means[who]
    return deviations if np.abs(deviations).max() > 1e-12 * np.abs(values).max() else None


def _nothing(dof: int | None, why: str, n_patients: int, n_days: int) -> RepeatedMeasures:
    names = ("r", "p_iid", "ci_iid") if dof is not None else ("r", "dof", "p_iid", "ci_iid")
    return RepeatedMeasures(None, dof, None, None, n_patients, n_days, dict.fromkeys(names, why))
