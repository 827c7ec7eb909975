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


@dataclass(frozen=True)
class DayMinutes:
    """(1440,) each, from midnight."""

    enmo_mg: NDArray[np.float64]
    steps: NDArray[np.int64]
    worn: NDArray[np.int64]  #: 0 or 1


def minutes_of_day(day: Figures, chance: np.random.Generator) -> DayMinutes:
    """Minutes whose steps sum to `steps` and whose worn minutes have the mean `activity_mg`.

    In bed from about 22:45 to 6:50. As many minutes in bed have movement as sleep efficiency leaves, and as
    many of them are above the day's median as I<O says; a rule that finds its own time in bed and its own
    sleep comes near these two, not to them. Steps above 180 a minute are left out.
    """
    minute = np.arange(MINUTES)
    up, down = (np.array([410, 1365]) + 20 * np.clip(chance.standard_normal(2), -2, 2)).astype(int)
    in_bed = (minute < up) | (minute >= down)
    worn = _worn(day.wear_fraction, chance)
    shape = 0.5 + np.exp(-(((minute - 660) / 190) ** 2)) + 0.7 * np.exp(-(((minute - 1030) / 150) ** 2))
    waves = np.convolve(chance.standard_normal(MINUTES + 29), 0.87 ** np.arange(30), mode="valid")
    level = shape * np.exp(0.32 * waves)
    enmo = np.where(in_bed, 1.0 + 0.5 * chance.random(MINUTES), 0.0)
    awake, nights = worn & ~in_bed, np.flatnonzero(in_bed)
    # What the hours out of bed must have on average, so that the worn minutes together have theirs.
    wanted = day.activity_mg * worn.sum() - enmo[worn & in_bed].sum()
    if awake.any():
        mean = max(wanted / awake.sum(), 2.0)
        enmo[~in_bed] = level[~in_bed] * mean / level[awake].mean()
        median = float(np.median(enmo[awake]))
    else:
        enmo[~in_bed] = level[~in_bed] * day.activity_mg
        median = day.activity_mg
    moved = chance.permutation(nights)
    restless = round(len(nights) * (100 - day.io) / 100)
    stirring = max(round(len(nights) * (100 - day.sleep_efficiency) / 100) - restless, 0)
    enmo[moved[:restless]] = median * chance.uniform(1.05, 2.0, restless)
    enmo[moved[restless : restless + stirring]] = median * chance.uniform(0.4, 0.9, stirring)
    if worn.any():
        enmo *= day.activity_mg / enmo[worn].mean()
    enmo[~worn] = 0.4
    weights = np.where(awake, np.clip(enmo - median, 0, None) ** 1.5, 0.0)
    steps = np.zeros(MINUTES, dtype=np.int64)
    if day.steps > 0 and weights.sum() > 0:
        steps = np.minimum(chance.multinomial(day.steps, weights / weights.sum()), 180)
    tenths: NDArray[np.float64] = np.rint(10 * enmo) / 10
    return DayMinutes(tenths, steps.astype(np.int64), worn.astype(np.int64))


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
