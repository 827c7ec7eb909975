"""What a patient wore, as one series: which measure a day is told in, and whose epochs (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.signal.wear import worn_by_counts

Values = NDArray[np.float64]
UNITS = {"counts": "counts", "enmo_mg": "mg"}


@dataclass(frozen=True)
class Worn:
    """Epochs of one device and origin. Arrays of one length, NaN is not measured."""

    epoch_s: float
    t_us: NDArray[np.int64]
    counts: Values
    enmo_mg: Values
    steps: Values
    worn: Values  #: 1, 0, or NaN: nobody said


@dataclass(frozen=True)
class Series:
    """One measure of one patient, each instant once, rising."""

    measure: str
    epoch_s: float
    t_us: NDArray[np.int64]
    x: Values
    steps: Values
    worn: NDArray[np.bool_]

    @property
    def unit(self) -> str:
        """Of `x`."""
        return UNITS[self.measure]

    def valid_between(self, start_us: int, end_us: int) -> int:
        """How many epochs in [start, end) have a value and were worn."""
        low, high = np.searchsorted(self.t_us, [start_us, end_us])
        return int(np.count_nonzero(self.worn[low:high] & ~np.isnan(self.x[low:high])))


def series_of(parts: Sequence[Worn]) -> list[Series]:
    """One series for each measure and epoch length there is.

    Where two devices measured the same instant, the one with more epochs speaks. A wrist worn on the
    left and one on the right are not averaged: nobody moves like that.
    """
    found: list[Series] = []
    for measure in UNITS:
        for epoch_s in sorted({part.epoch_s for part in parts}):
            own = [
                part
                for part in parts
                if part.epoch_s == epoch_s and not np.isnan(getattr(part, measure)).all()
            ]
            if own:
                found.append(_merged(measure, sorted(own, key=lambda part: -len(part.t_us))))
    return found


def _merged(measure: str, parts: Sequence[Worn]) -> Series:
    t_us = np.concatenate([part.t_us for part in parts])
    x = np.concatenate([getattr(part, measure) for part in parts])
    steps = np.concatenate([part.steps for part in parts])
    worn = np.concatenate([was_worn(measure, part) for part in parts])
    # `unique` keeps the first of equal instants, which is of the part with more epochs.
    _, first = np.unique(t_us, return_index=True)
    return Series(measure, parts[0].epoch_s, t_us[first], x[first], steps[first], worn[first])


def was_worn(measure: str, part: Worn) -> NDArray[np.bool_]:
    """What the device or the wear rule said; counts without a word are judged by their zeros."""
    said = ~np.isnan(part.worn)
    if measure == "counts":
        judged = worn_by_counts(part.t_us, part.counts, part.epoch_s)
        return np.where(said, part.worn == 1, judged)
    return np.where(said, part.worn == 1, True)
