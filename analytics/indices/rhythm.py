"""How alike the days are (IS) and how broken up the activity is (IV).

Both after Witting et al., Biol Psychiatry 27(6):563-572, 1990, on the means of clock hours.
"""

from __future__ import annotations

import numpy as np

from analytics.indices.clock_bins import ClockBins
from analytics.indices.index import Index, nothing
from analytics.indices.timeline import Values

LEAST_HOURS = 72  #: three days; one day alone would be perfectly stable by construction


def interdaily_stability(bins: ClockBins, name: str = "IS") -> Index:
    """Share of the variance of activity that the average day explains, 0 to 1 [1].

    1 means that every day is the same. Each clock bin weighs as often as it was valid, so gaps can never
    push the value above 1. Needs 72 valid hours and every clock bin at least once.
    """
    hours = len(bins.mean) * bins.length_us / 3.6e9
    if hours < LEAST_HOURS:
        return nothing(
            name, "1", f"too little data: {hours:.0f} valid hours of the {LEAST_HOURS} that it needs"
        )
    n = np.bincount(bins.clock, minlength=bins.of_a_day)
    if not n.all():
        missing = int((n == 0).sum())
        return nothing(
            name, "1", f"too little data: {missing} of {bins.of_a_day} clock bins were never valid"
        )
    m = bins.mean.mean()
    spread = _variance(bins.mean)
    if spread == 0:
        return nothing(name, "1", "the activity never varies")
    profile = np.bincount(bins.clock, bins.mean, minlength=bins.of_a_day) / n
    explained = float((n * (profile - m) ** 2).sum() / n.sum())
    return Index(name, min(explained / spread, 1.0), "1")


def intradaily_variability(bins: ClockBins, name: str = "IV") -> Index:
    """Mean squared step between neighbouring hours over the variance of all hours [1].

    Near 0 for a smooth wave, about 2 for noise. Only hours that follow each other directly are compared.
    Needs one such pair and activity that varies.
    """
    neighbours = np.diff(bins.start_us) == bins.length_us
    if not neighbours.any():
        return nothing(name, "1", "too little data: no two valid hours follow each other")
    spread = _variance(bins.mean)
    if spread == 0:
        return nothing(name, "1", "the activity never varies")
    steps = np.diff(bins.mean)[neighbours]
    return Index(name, float((steps**2).mean() / spread), "1")


def _variance(values: Values) -> float:
    """Population variance; what is only rounding of equal values is 0."""
    largest = float(np.abs(values).max())
    variance = float(((values - values.mean()) ** 2).mean())
    return variance if variance > (1e-12 * largest) ** 2 else 0.0
