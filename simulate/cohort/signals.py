"""What a model makes of a course: the numbers of each day before anything goes missing on its way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass
class Signals:
    """(n, d) arrays. A diary value is what the patient would say, whether or not anybody is told."""

    pain: Floats  #: latent
    average: Floats
    worst: Floats
    breakthrough: Floats
    rescue_doses: Floats
    answered: NDArray[np.bool_]
    would_reply: NDArray[np.bool_]  #: to a check-in of that evening
    wear_fraction: Floats
    steps: Floats  #: as if worn the whole day
    activity: Floats
    sleep_efficiency: Floats
    io: Floats
    ra: Floats


def rating(pain: Floats) -> Floats:
    """The number on the scale of 0 to 10 that stands for a latent pain."""
    return np.clip(np.rint(pain), 0.0, 10.0)


def log_odds(value: Floats) -> Floats:
    """The probability with these log odds."""
    probability: Floats = 1.0 / (1.0 + np.exp(-value))
    return probability


def autoregressive(noise: Floats, phi: Floats, sd: Floats) -> Floats:
    """(n, d) AR(1) series with lag-1 correlation `phi` (n,) and standard deviation `sd` (n,), stationary."""
    series = np.empty_like(noise)
    series[:, 0] = noise[:, 0]
    fresh = np.sqrt(1 - phi**2)
    for day in range(1, noise.shape[1]):
        series[:, day] = phi * series[:, day - 1] + fresh * noise[:, day]
    return series * sd[:, None]
