"""Within and between: does y change with x in a person, and do people with more x have more y?

y_it = b0 + bW (x_it - mean of x_i) + bB (mean of x_i) + u_i + e_it, u_i a level of each patient. The two
slopes answer different questions and can have different signs; a link between patients says nothing of what
happens in one of them. How much the slope itself differs from patient to patient is asked of a second model,
in which each patient has a slope, too.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analytics.association.panel import Panel
from analytics.association.patients import DRAWS, LEAST_PATIENTS, patient_weights, slope_interval
from analytics.association.reml import mixed_model
from analytics.association.sums import Sums, centred

Values = NDArray[np.float64]
SEED = 20_260_504
MODEL = "linear mixed model, a level for each patient, REML"
FALLBACK = "least squares on deviations and on means of patients"


@dataclass(frozen=True)
class Slope:
    """Change of y for one unit of x; a null value has its sentence in `reasons`."""

    estimate: float | None
    se: float | None
    p: float | None  #: two-sided
    ci: tuple[float, float] | None  #: 95 %
    reasons: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Mixed:
    """Both slopes, and how they were found."""

    within: Slope
    between: Slope
    spread: float | None  #: standard deviation between patients of the slope within
    converged: bool
    method: str
    spread_reason: str | None = None  #: why there is no spread


def within_between(
    panel: Panel, p_within: float | None = None, draws: int = DRAWS, seed: int = SEED
) -> Mixed:
    """The slopes of `y` on `x`, of the days on which both are known; patients with one such day are left out.

    The model takes the days of a patient as independent, so of the slope within only the estimate is its own:
    error and interval are those of a bootstrap of patients (of eight or more; else of a sandwich over
    patients, t with P - 1 degrees of freedom), and p is that of the link within patients, `p_within`, for the
    slope is 0 where r is. None says that rows have no order: all three are then textbook ones. The slope
    between has the model's error, t with P - 2. With fewer than eight patients, or where the search does not
    converge, both estimates come from least squares (`method` says so): that within is the same to the last
    digits.
    """
    panel = panel.without(2)
    known = ~np.isnan(panel.x) & ~np.isnan(panel.y)
    patients = len(panel.patients)
    if patients == 0:
        return _nothing("too little data: no patient has two complete days")
    x, y = np.where(known, panel.x, np.nan), np.where(known, panel.y, np.nan)
    (dx, _), (dy, _) = centred(x), centred(y)
    xx, xy = np.vecdot(dx, dx), np.vecdot(dx, dy)
    if not xx.sum() > 1e-24 * np.nansum(x**2):
        return _nothing("x never varies within a patient")
    if not np.vecdot(dy, dy).sum() > 1e-24 * np.nansum(y**2):
        return _nothing("y never varies within a patient")
    mean_x, mean_y = np.nanmean(x, axis=1), np.nanmean(y, axis=1)
    y = np.where(known, y - mean_y.mean(), np.nan)  # a level far from 0 would cost digits
    fitted = _model(y, dx, mean_x)
    slope = float(xy.sum() / xx.sum()) if fitted is None else fitted[0]
    between = _between(mean_x, mean_y) if fitted is None else fitted[1:]
    spread, why = _spread(y, dx, mean_x)
    if p_within is None:
        within = _as_textbook(slope, xx, float(np.vecdot(dy, dy).sum()), int(known.sum()))
    else:
        weights = patient_weights(patients, draws, seed)
        within = replace(_by_patients(slope, xx, xy, weights), p=p_within)
    return Mixed(
        within,
        _between_slope(*between, mean_x),
        spread,
        fitted is not None,
        FALLBACK if fitted is None else MODEL,
        why,
    )


def _as_textbook(slope: float, xx: Values, yy: float, n_days: int) -> Slope:
    dof, spread = n_days - len(xx) - 1, float(xx.sum())
    if dof < 1:
        return _tested(slope, None, 1, "too little data: no degree of freedom is left")
    return _tested(slope, float(np.sqrt(max(yy - slope**2 * spread, 0) / dof / spread)), dof, "")


def _by_patients(slope: float, xx: Values, xy: Values, weights: Values) -> Slope:
    patients = len(xx)
    # What each patient adds to the slope: the errors of days in a row stay together.
    parts = (xy - slope * xx) / xx.sum()
    se = float(np.sqrt(np.sum(parts**2) * patients / (patients - 1))) if patients > 1 else None
    found = _tested(
        slope, se, patients - 1, "the error of a slope within is that of patients: two are needed"
    )
    if patients >= LEAST_PATIENTS and found.se is not None:
        error, low, high = slope_interval(Sums(xx, xx, xx, xy), weights)
        found = replace(found, se=error, ci=(low, high) if np.isfinite(high) else None)
    return found


def _model(y: Values, dx: Values, mean_x: Values) -> tuple[float, float, float] | None:
    """(slope within, slope between, its error) of the mixed model; None where it cannot be had or trusted."""
    if len(y) < LEAST_PATIENTS or np.ptp(mean_x) == 0:
        return None
    found = mixed_model(y, _columns(dx, mean_x), np.ones((1, *y.shape)))
    if not found.converged:
        return None
    return float(found.fixed[1]), float(found.fixed[2]), float(found.errors[2])


def _spread(y: Values, dx: Values, mean_x: Values) -> tuple[float | None, str | None]:
    """The standard deviation of patients' slopes, or why it is not known."""
    if len(y) < LEAST_PATIENTS:
        return None, f"too few patients: {len(y)}; how slopes differ needs {LEAST_PATIENTS}"
    if np.ptp(mean_x) == 0:
        return None, "all patients have the same mean of x"
    found = mixed_model(y, _columns(dx, mean_x), np.stack([np.ones_like(dx), dx]))
    if not found.converged:
        return None, "the search for the model with a slope of each patient did not converge"
    return float(np.sqrt(max(found.between[1, 1], 0.0))), None


def _columns(dx: Values, mean_x: Values) -> Values:
    means = np.broadcast_to((mean_x - mean_x.mean())[:, None], dx.shape)
    return np.stack([np.ones_like(dx), dx, means])


def _between(mean_x: Values, mean_y: Values) -> tuple[float, float]:
    """Slope of the means of patients and its error; NaN where there is none."""
    away = mean_x - mean_x.mean()
    spread = float(away @ away)
    if len(mean_x) < 3 or not spread > 0:
        return float("nan"), float("nan")
    slope = float(away @ mean_y) / spread
    rest = mean_y - mean_y.mean() - slope * away
    return slope, float(np.sqrt(rest @ rest / (len(mean_x) - 2) / spread))


def _between_slope(estimate: float, se: float, mean_x: Values) -> Slope:
    patients = len(mean_x)
    if patients < LEAST_PATIENTS:
        why = f"too few patients: {patients}; a slope between patients needs {LEAST_PATIENTS}"
        return Slope(None, None, None, None, dict.fromkeys(("estimate", "se", "p", "ci"), why))
    if np.isnan(estimate):
        why = "all patients have the same mean of x"
        return Slope(None, None, None, None, dict.fromkeys(("estimate", "se", "p", "ci"), why))
    return _tested(estimate, se, patients - 2, "")


def _tested(estimate: float, se: float | None, dof: int, why: str) -> Slope:
    if se is None or not se > 0:
        reason = why if se is None else "the link is perfect, so no error can be given"
        return Slope(estimate, None, None, None, dict.fromkeys(("se", "p", "ci"), reason))
    half = float(special.stdtrit(dof, 0.975)) * se
    p = 2 * float(special.stdtr(dof, -abs(estimate / se)))
    return Slope(estimate, se, p, (estimate - half, estimate + half))


def _nothing(why: str) -> Mixed:
    none = Slope(None, None, None, None, dict.fromkeys(("estimate", "se", "p", "ci"), why))
    return Mixed(none, none, None, False, FALLBACK, why)
