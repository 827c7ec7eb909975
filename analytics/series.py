"""What a patient wore, as one series: which measure a day is told in, and whose epochs (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analytics.days import DAY_US
from analytics.signal.wear import worn_by_counts

Values = NDArray[np.float64]
Measure = Literal["counts", "enmo_mg"]
UNITS: dict[Measure, str] = {"counts": "counts", "enmo_mg": "mg"}


@dataclass(frozen=True)
class Worn:
    """Epochs of one device and origin. Arrays of one length, NaN is not measured."""

    epoch_s: float
    t_us: NDArray[np.int64]
    counts: Values
    enmo_mg: Values
    steps: Values
    worn: Values  #: 1, 0, or NaN: nobody said
    enmo_5s_mg: Values | None = None  #: (n, 12) of minutes made from raw blocks
    anglez_5s_deg: Values | None = None  #: (n, 12)


@dataclass(frozen=True)
class Series:
    """One measure of one patient, each instant once, rising."""

    measure: Measure
    epoch_s: float
    t_us: NDArray[np.int64]
    x: Values
    steps: Values
    worn: NDArray[np.bool_]
    enmo_5s_mg: Values | None = None  #: (n, 12); None where nobody spoke who has them
    anglez_5s_deg: Values | None = None  #: (n, 12)

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

    Where two devices measured the same instant, the one with more epochs on that day (UTC) speaks, whatever
    else is looked at. A wrist worn on the left and one on the right are not averaged: nobody moves like that.
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
                found.append(_merged(measure, own))
    return found


def _merged(measure: Measure, parts: Sequence[Worn]) -> Series:
    t_us = np.concatenate([part.t_us for part in parts])
    x = np.concatenate([getattr(part, measure) for part in parts])
    steps = np.concatenate([part.steps for part in parts])
    worn = np.concatenate([was_worn(measure, part) for part in parts])
    speaks = _who_speaks(t_us, parts) if len(parts) > 1 else slice(None)
    return Series(
        *(measure, parts[0].epoch_s, t_us[speaks], x[speaks], steps[speaks], worn[speaks]),
        _fives(measure, [part.enmo_5s_mg for part in parts], parts, speaks),
        _fives(measure, [part.anglez_5s_deg for part in parts], parts, speaks),
    )


def _who_speaks(t_us: NDArray[np.int64], parts: Sequence[Worn]) -> NDArray[np.int64]:
    """The places of one epoch for each instant, in order of time."""
    said = []
    for part in parts:
        _, day, n = np.unique(part.t_us // DAY_US, return_inverse=True, return_counts=True)
        said.append(n[day])
    order = np.lexsort((-np.concatenate(said), t_us))  # equal ones stay in the order of the parts
    return np.asarray(order[np.append(True, np.diff(t_us[order]) > 0)])


def _fives(
    measure: Measure, own: list[Values | None], parts: Sequence[Worn], speaks: NDArray[np.int64] | slice
) -> Values | None:
    """The five-second values of what the series is made of; counts are not made from raw blocks."""
    known = [values for values in own if values is not None]
    if measure != "enmo_mg" or not known:
        return None
    if len(own) == 1:
        return known[0]
    nothing = (np.full((len(part.t_us), known[0].shape[1]), np.nan) for part in parts)
    return np.concatenate([n if v is None else v for n, v in zip(nothing, own, strict=True)])[speaks]


def was_worn(measure: str, part: Worn) -> NDArray[np.bool_]:
    """What the device or the wear rule said; counts without a word are judged by their zeros."""
    said = ~np.isnan(part.worn)
    if measure == "counts":
        judged = worn_by_counts(part.t_us, part.counts, part.epoch_s)
        return np.where(said, part.worn == 1, judged)
    return np.where(said, part.worn == 1, True)
