"""The minutes behind a day's figures: what a watch would have summed up for the figures to come out so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MINUTES = 1440


@dataclass(frozen=True)
class Figures:
    """One day of a simulated patient, without NaN."""

    steps: int
    activity_mg: float  #: mean ENMO of the worn minutes
    wear_fraction: float
    sleep_efficiency: float  #: percent
    io: float  #: percent of minutes in bed that are below the median of the day
    ra: float  #: relative amplitude, 0 to 1


@dataclass(frozen=True)
class DayMinutes:
    """(1440,) each, from midnight."""

    enmo_mg: NDArray[np.float64]
    steps: NDArray[np.int64]
    worn: NDArray[np.int64]  #: 0 or 1


def minutes_of_day(day: Figures, chance: np.random.Generator) -> DayMinutes:
    """Minutes whose steps sum to `steps` and whose worn minutes have the mean `activity_mg`.

    In bed from about 22:45 to 6:50. As many minutes in bed have movement as sleep efficiency leaves, and as
    many of them are above the day's median as I<O says. A rule that finds its own time in bed and its own
    sleep comes near these two and relative amplitude, not to them. Steps above 180 a minute are left out.
    """
    minute = np.arange(MINUTES)
    up, down = (np.array([410, 1365]) + 20 * np.clip(chance.standard_normal(2), -2, 2)).astype(int)
    in_bed = (minute < up) | (minute >= down)
    worn = _worn(day.wear_fraction, chance)
    shape = 0.5 + np.exp(-(((minute - 660) / 190) ** 2)) + 0.7 * np.exp(-(((minute - 1030) / 150) ** 2))
    waves = np.convolve(chance.standard_normal(MINUTES + 29), 0.87 ** np.arange(30), mode="valid")
    enmo = np.where(in_bed, 0.0, shape * np.exp(0.32 * waves))
    awake = worn & ~in_bed
    median = float(np.median(enmo[awake] if awake.any() else enmo[~in_bed]))
    enmo[in_bed] = _night(day, int(in_bed.sum()), median, _most_active(enmo), chance)
    if worn.any():
        scale = day.activity_mg / enmo[worn].mean()
        enmo, median = enmo * scale, median * scale
    enmo[~worn] = 0.4
    weights = np.where(awake, np.clip(enmo - median, 0, None) ** 1.5, 0.0)
    steps = np.zeros(MINUTES, dtype=np.int64)
    if day.steps > 0 and weights.sum() > 0:
        steps = np.minimum(chance.multinomial(day.steps, weights / weights.sum()), 180)
    tenths: NDArray[np.float64] = np.rint(10 * enmo) / 10
    return DayMinutes(tenths, steps.astype(np.int64), worn.astype(np.int64))


def _most_active(enmo: NDArray[np.float64]) -> float:
    """The highest mean of ten hours (M10)."""
    return float(np.convolve(enmo, np.full(600, 1 / 600), mode="valid").max())


def _night(
    day: Figures, minutes: int, median: float, most: float, chance: np.random.Generator
) -> NDArray[np.float64]:
    """The minutes in bed: restless above the day's median, stirring below it, still the rest."""
    restless = round(minutes * (100 - day.io) / 100)
    stirring = max(round(minutes * (100 - day.sleep_efficiency) / 100) - restless, 0)
    night = np.zeros(minutes)
    night[:restless] = median * chance.uniform(1.05, 2.0, restless)
    night[restless : restless + stirring] = median * chance.uniform(0.4, 0.9, stirring)
    # What is left for still minutes, if nights are to be so far below the ten most active hours.
    still = max(most * (1 - day.ra) / (1 + day.ra) - night.mean(), 0.005 * median)
    quiet = minutes - restless - stirring
    night[minutes - quiet :] = still * chance.uniform(0.7, 1.3, quiet)
    return chance.permutation(night)


def _worn(fraction: float, chance: np.random.Generator) -> NDArray[np.bool_]:
    """Not worn in one piece, by day where it fits between 8:00 and 21:00."""
    worn = np.ones(MINUTES, dtype=bool)
    off = round(MINUTES * (1 - fraction))
    first = (
        480 + int(chance.integers(0, 780 - off + 1))
        if off <= 780
        else int(chance.integers(0, MINUTES - off + 1))
    )
    worn[first : first + off] = False
    return worn
