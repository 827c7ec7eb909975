"""How alike the days are (IS) and how broken up the activity is (IV), on the means of clock bins."""

from __future__ import annotations

import numpy as np

from analytics.indices.clock_bins import ClockBins
from analytics.indices.definition import Definition
from analytics.indices.index import Index
from analytics.indices.timeline import Values
from analytics.indices.validity import LEAST_STABILITY_HOURS, too_little, without_a_profile

NEVER_VARIES = "the activity never varies"
NO_NEIGHBOURS = "too little data: no two valid hours follow each other"

_SOURCE = (
    "Witting et al., Biol Psychiatry 27(6):563-572, 1990. Population variances (mean squares) in both parts"
)
IS = Definition(
    name="IS",
    unit="1",
    meaning="Interdaily stability: share of the variance of hourly means that the average day explains, 0 to "
    "1; 1 means that every day is the same.",
    missing="an hour counts when half of it is valid; each clock hour weighs as often as it was valid, so "
    "gaps never push the value above 1",
    needs=f"{LEAST_STABILITY_HOURS} valid hours and every clock hour at least once",
    source=_SOURCE,
    spans="recording, 28 days, 7 days",
)
IV = Definition(
    name="IV",
    unit="1",
    meaning="Intradaily variability: mean squared step between neighbouring hours over the variance of all "
    "hours; near 0 for a smooth wave, about 2 for noise.",
    missing="an hour counts when half of it is valid; steps across a gap are no steps",
    needs="one pair of neighbouring hours and a variance above 0",
    source=_SOURCE,
    spans="recording, 28 days, 7 days",
)


def interdaily_stability(hours: ClockBins) -> Index:
    """Share of the variance of activity that the average day explains, 0 to 1 [1].

    Each clock hour weighs as often as it was valid. Needs 72 valid hours and every clock hour at least once.
    """
    why = lacks_days(hours)
    if why is not None:
        return IS.absent(why)
    value = explained_share(hours)
    return IS.absent(NEVER_VARIES) if value is None else IS.is_(value)


def intradaily_variability(hours: ClockBins) -> Index:
    """Mean squared step between neighbouring hours over the variance of all hours [1].

    Only hours that follow each other directly are compared. Needs one such pair and activity that varies.
    """
    if not neighbours(hours).any():
        return IV.absent(NO_NEIGHBOURS)
    value = step_share(hours)
    return IV.absent(NEVER_VARIES) if value is None else IV.is_(value)


def lacks_days(hours: ClockBins) -> str | None:
    """Why there are too few hours to compare days; None where there are enough."""
    valid = len(hours.mean) * hours.length_us / 3.6e9
    if valid < LEAST_STABILITY_HOURS:
        return too_little(valid, LEAST_STABILITY_HOURS, "valid hours")
    return without_a_profile(hours)


def explained_share(bins: ClockBins) -> float | None:
    """The quotient behind IS; clock bins that were never valid have no weight. None: nothing varies."""
    spread = _variance(bins.mean)
    if spread == 0:
        return None
    n = np.bincount(bins.clock, minlength=bins.of_a_day)
    profile = np.bincount(bins.clock, bins.mean, minlength=bins.of_a_day) / np.maximum(n, 1)
    explained = float((n * (profile - bins.mean.mean()) ** 2).sum() / n.sum())
    return min(explained / spread, 1.0)


def step_share(bins: ClockBins) -> float | None:
    """The quotient behind IV. None: no two bins follow each other, or nothing varies."""
    together = neighbours(bins)
    if not together.any():
        return None
    spread = _variance(bins.mean)
    return float((np.diff(bins.mean)[together] ** 2).mean() / spread) if spread else None


def neighbours(bins: ClockBins) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Whether each bin but the last is followed directly by the next one."""
    return np.asarray(np.diff(bins.start_us) == bins.length_us)


def _variance(values: Values) -> float:
    """Population variance; what is only rounding of equal values is 0."""
    largest = float(np.abs(values).max())
    variance = float(((values - values.mean()) ** 2).mean())
    return variance if variance > (1e-12 * largest) ** 2 else 0.0
