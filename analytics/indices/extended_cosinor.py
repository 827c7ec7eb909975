"""A 24 h wave with its own width and steepness: the extended (anti-logistic) cosinor.

x = minimum + amplitude * L(beta * (cos(2 pi (t - phi) / 24 h) - alpha)), L(z) = 1 / (1 + exp(-z)). Marler
et al., Stat Med 25(22):3893-3904, 2006. On the activity itself, not on its logarithm.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import leastsq
from scipy.special import expit

from analytics.indices.clock_bins import ClockBins
from analytics.indices.definition import OF_X, Definition
from analytics.indices.index import Index
from analytics.indices.profile import Profile, clock_profile
from analytics.indices.timeline import Timeline, Values
from analytics.indices.validity import without_a_profile

WIDEST, STEEPEST = 0.99, 500.0  #: of |alpha| and beta; beyond, the wave is a line or a square
MOST_STEPS = 100
_COARSE = 96
_ALPHAS = np.array([-0.8, -0.5, -0.2, 0.1, 0.4, 0.7])
_BETAS = np.array([1.0, 3.0, 8.0, 20.0, 60.0])


def _definition(name: str, unit: str, meaning: str) -> Definition:
    return Definition(
        name=name,
        unit=unit,
        meaning=f"Extended cosinor: {meaning}.",
        missing="left out",
        needs="a valid hour at every clock hour, and a fit that converges inside |alpha| < "
        f"{WIDEST:g} and beta < {STEEPEST:g}",
        source="Marler et al., Stat Med 25(22):3893-3904, 2006; on the activity itself, not its logarithm",
        spans="recording, 7 days",
    )


MINIMUM = _definition("ext_minimum", OF_X, "the lower level")
AMPLITUDE = _definition("ext_amplitude", OF_X, "upper less lower level, above 0")
ALPHA = _definition("ext_alpha", "1", "width; the share of the day above the middle is acos(alpha) / pi")
BETA = _definition("ext_beta", "1", "steepness")
ACROPHASE = _definition("ext_acrophase_h", "h", "clock hour of the peak in [0, 24)")
UP = _definition("ext_up_h", "h", "clock hour at which the wave rises through its middle")
DOWN = _definition("ext_down_h", "h", "clock hour at which the wave falls through its middle")
R2 = _definition("ext_r2", "1", "share of the variance of all valid epochs that the wave explains")
EVERYTHING = (MINIMUM, AMPLITUDE, ALPHA, BETA, ACROPHASE, UP, DOWN, R2)


def extended_cosinor(timeline: Timeline, hours: ClockBins) -> list[Index]:
    """The eight `ext_*` indices; all absent, with one reason, where the fit does not converge."""
    if without_a_profile(hours) is not None:
        return extended_fit(None, hours, timeline.unit)
    return extended_fit(clock_profile(timeline), hours, timeline.unit)


def extended_fit(profile: Profile | None, hours: ClockBins, unit: str) -> list[Index]:
    """The same from the average day, which is there where `hours` make a profile."""
    why = without_a_profile(hours)
    if why is not None or profile is None:
        return _nothing(why or "too little data", unit)
    if profile.scatter <= (1e-12 * profile.largest) ** 2 * profile.weight.sum():
        return _nothing("the activity never varies", unit)
    start, coarse = _start(profile)
    day = _day(profile.angle, profile.mean, profile.weight)
    # The two levels follow from the shape by linear least squares, so only the shape is searched for.
    shape, converged = _fitted(coarse, start)
    if not converged or shape[2] > np.log(STEEPEST):  # a square wave: the finer day is no less steep
        return _nothing("the fit did not converge: width or steepness is at its limit", unit)
    if shape[2] > -np.log(STEEPEST):  # else it is a plain cosine, which has no steepness
        shape, converged = _fitted(day, shape)
    phi, alpha, beta = float(shape[0]), float(np.tanh(shape[1])), float(np.exp(min(shape[2], 50)))
    if not converged:
        return _nothing(f"the fit did not converge in {MOST_STEPS} steps", unit)
    if abs(alpha) > WIDEST or beta > STEEPEST or beta < 1 / STEEPEST:
        return _nothing("the fit did not converge: width or steepness is at its limit", unit)
    low, height, left = _levels(day, *shape.tolist())
    if height < 0:  # the same curve, seen from the other side
        low, height, phi, alpha = low + height, -height, phi + np.pi, -alpha
    half = float(np.arccos(alpha))
    r2 = 1 - (float(left @ left) + profile.within) / profile.scatter
    values = (low, height, alpha, beta, _clock(phi), _clock(phi - half), _clock(phi + half), r2)
    return [D.is_(value, unit if D.unit == OF_X else "") for D, value in zip(EVERYTHING, values, strict=True)]


def _fitted(day: _Day, start: Values) -> tuple[Values, bool]:
    """The shape (phi, width, steepness) of least squares, and whether the search came to an end."""

    def left_by(shape: Values) -> Values:
        return _levels(day, *shape.tolist())[2]

    def change(shape: Values) -> Values:
        return _changes(day, *shape.tolist())

    found, _, _, _, end = leastsq(
        left_by,
        start,
        Dfun=change,
        col_deriv=True,
        full_output=True,
        maxfev=MOST_STEPS,
        xtol=1e-9,
        ftol=1e-11,
    )
    return np.asarray(found), end in (1, 2, 3, 4)


def _start(profile: Profile) -> tuple[Values, _Day]:
    """The best of a few shapes around the peak of a plain cosine, and the quarter hours it was tried on."""
    cells = (profile.angle * (_COARSE / (2 * np.pi)) + 1e-9).astype(np.int64)
    weight = np.bincount(cells, profile.weight, _COARSE).astype(np.float64)
    mean = np.bincount(cells, profile.weight * profile.mean, _COARSE) / np.maximum(weight, 1e-300)
    coarse = _day((np.arange(_COARSE) + 0.5) * 2 * np.pi / _COARSE, mean, weight)
    wave = np.stack([coarse.root, coarse.root * coarse.cos, coarse.root * coarse.sin], axis=1)
    _, c, s = np.linalg.lstsq(wave, coarse.root * coarse.level, rcond=None)[0]
    peak = float(np.arctan2(s, c))
    best = (np.inf, peak, 0.0, 3.0)
    for alpha in _ALPHAS.tolist():
        for beta in _BETAS.tolist():
            left = _levels(coarse, peak, np.arctanh(alpha), np.log(beta))[2]
            best = min(best, (float(left @ left), peak, alpha, beta))
    return np.array([best[1], np.arctanh(best[2]), np.log(best[3])]), coarse


class _Day(NamedTuple):
    """The average day as the fit wants it."""

    cos: Values
    sin: Values
    level: Values  #: means less the mean of all
    share: Values  #: of all epochs
    root: Values  #: of the number of epochs
    mean: float


def _day(angle: Values, mean: Values, weight: Values) -> _Day:
    share = weight / weight.sum()
    overall = float(share @ mean)
    return _Day(np.cos(angle), np.sin(angle), mean - overall, share, np.sqrt(weight), overall)


def _levels(wave: _Day, phi: float, width: float, steep: float) -> tuple[float, float, Values]:
    """Lower level, height, and the weighted residuals, for one shape."""
    turned = np.cos(phi) * wave.cos + np.sin(phi) * wave.sin
    shape = expit(np.exp(min(steep, 50.0)) * (turned - np.tanh(width)))
    middle = wave.share @ shape
    apart = shape - middle
    weighted = wave.share * apart
    spread = weighted @ apart
    height = float(weighted @ wave.level / spread) if spread > 1e-300 else 0.0
    return wave.mean - height * float(middle), height, wave.root * (wave.level - height * apart)


def _changes(wave: _Day, phi: float, width: float, steep: float) -> Values:
    """(3, n): how the weighted residuals change with each of the three, the levels chosen best anew."""
    turned = np.cos(phi) * wave.cos + np.sin(phi) * wave.sin
    beta, alpha = np.exp(min(steep, 50.0)), np.tanh(width)
    shape = expit(beta * (turned - alpha))
    slope = beta * shape * (1 - shape)
    shapes = np.stack(
        [
            slope * (np.cos(phi) * wave.sin - np.sin(phi) * wave.cos),
            slope * (alpha**2 - 1),
            slope * (turned - alpha),
        ]
    )
    apart, aparts = shape - wave.share @ shape, shapes - (shapes @ wave.share)[:, None]
    weighted = wave.share * apart
    spread = weighted @ apart
    if spread <= 1e-300:
        return np.zeros_like(shapes)
    height = weighted @ wave.level / spread
    heights = (aparts @ (wave.share * wave.level) - 2 * height * (aparts @ weighted)) / spread
    return np.asarray(-wave.root * (heights[:, None] * apart + height * aparts))


def _clock(angle: float) -> float:
    return float(angle * 12 / np.pi % 24 % 24)


def _nothing(why: str, unit: str) -> list[Index]:
    return [D.absent(why, unit if D.unit == OF_X else "") for D in EVERYTHING]
