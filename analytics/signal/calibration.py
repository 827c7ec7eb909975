"""Autocalibration: gravity is 1 g in every posture, so still windows say what is wrong with a sensor."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

LEAST_POINTS = 10
SPHERE_G = 0.3  #: still windows must lie beyond this on both sides of each axis
MOST_AFTER_MG = 10.0
MOST_WEIGHT = 100.0
MOST_ROUNDS = 1000
SETTLED = 1e-10  #: change of the weighted squared error [g^2] that ends the search
AXES = "xyz"

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """What to do with a device's figures: corrected = (a + offset) * scale.

    Where it is not accepted, `scale` is 1 and `offset` 0, and `reason` says why.
    """

    accepted: bool
    reason: str | None
    points: int  #: still windows
    error_before_mg: float  #: mean of | |a| - 1 g | over the still windows; NaN without any
    error_after_mg: float  #: the same after the fit; NaN where none was tried
    scale: Values = field(default_factory=lambda: np.ones(3))  #: (3,)
    offset: Values = field(default_factory=lambda: np.zeros(3))  #: (3,) [g]


def calibrate(still_g: Values, hours: float, least_hours: float = 0.0) -> Calibration:
    """Scale and offset of each axis that bring still windows closest to the sphere of 1 g [1]_.

    Refused with a reason: fewer than `least_hours` of data or ten still windows; postures that do not reach
    beyond 0.3 g on both sides of each axis, which leave scale and offset undetermined; an error that does
    not shrink, or stays at 10 mg or above.

    Parameters
    ----------
    still_g : (k, 3) array
        Mean acceleration of still windows of 10 s, as the device measured it. [g]
    hours : float
        How much data they were looked for in. [h]
    least_hours : float
        72 for a device that is worn as usual, as published. 0 for a file, where the postures decide alone.

    References
    ----------
    .. [1] V. T. van Hees et al., "Autocalibration of accelerometer data for free-living physical activity
       assessment using local gravity and temperature," J. Appl. Physiol. 117(7):738-744, 2014.
    """
    points = len(still_g)
    before = error_mg(still_g)
    reason = _too_little(still_g, hours, least_hours)
    if reason is not None:
        return Calibration(False, reason, points, before, float("nan"))
    scale, offset = _fit(still_g)
    after = error_mg((still_g + offset) * scale)
    if after >= MOST_AFTER_MG:
        reason = f"the error after the fit is {after:.1f} mg; below {MOST_AFTER_MG:g} mg is needed"
    elif after >= before:
        reason = f"the fit does not help: {before:.1f} mg before, {after:.1f} mg after"
    if reason is not None:
        return Calibration(False, reason, points, before, after)
    return Calibration(True, None, points, before, after, scale, offset)


def error_mg(still_g: Values) -> float:
    """Mean distance of still windows (k, 3) [g] from the sphere of 1 g [mg]; NaN without any."""
    if not len(still_g):
        return float("nan")
    return float(np.abs(np.sqrt(np.einsum("ij,ij->i", still_g, still_g)) - 1).mean() * 1000)


def _too_little(still_g: Values, hours: float, least_hours: float) -> str | None:
    if hours < least_hours:
        return f"{hours:.1f} h of data; {least_hours:g} h are needed"
    if len(still_g) < LEAST_POINTS:
        return f"{len(still_g)} still windows of 10 s; {LEAST_POINTS} are needed"
    missing = [
        f"{sign}{AXES[axis]}"
        for axis in range(3)
        for sign, reached in (("+", still_g[:, axis].max()), ("-", -still_g[:, axis].min()))
        if reached <= SPHERE_G
    ]
    if missing:
        return f"the postures do not cover the sphere: none beyond {SPHERE_G} g towards {', '.join(missing)}"
    return None


def _fit(still_g: Values) -> tuple[Values, Values]:
    """Iterative closest point: regress each axis on its closest point of the sphere, then look again."""
    measured = np.ascontiguousarray(still_g.T)
    scale, offset = np.ones(3), np.zeros(3)
    weight, before = np.ones(measured.shape[1]), np.inf
    for _ in range(MOST_ROUNDS):
        found = (measured + offset[:, None]) * scale[:, None]
        length = np.sqrt(np.einsum("ij,ij->j", found, found))
        closest = found / np.where(length > 0, length, 1)
        # Weighted least squares of closest = intercept + slope * found, each axis for itself.
        total = weight.sum()
        mean_found, mean_closest = found @ weight / total, closest @ weight / total
        away = found - mean_found[:, None]
        weighted = away * weight
        spread = np.einsum("ij,ij->i", weighted, away)
        slope = np.einsum("ij,ij->i", weighted, closest) / np.where(spread > 0, spread, 1)
        intercept = mean_closest - slope * mean_found
        # intercept + slope * (a + offset) * scale, written as (a + offset') * scale'.
        offset = offset + intercept / (scale * slope)
        scale = scale * slope
        found *= slope[:, None]
        found += intercept[:, None]
        found -= closest
        squared = np.einsum("ij,ij->j", found, found)
        error = float((weight * squared).sum() / total)
        weight = np.minimum(1 / np.sqrt(np.maximum(squared, 1e-30)), MOST_WEIGHT)
        if abs(before - error) < SETTLED:
            break
        before = error
    return scale, offset
