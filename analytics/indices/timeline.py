"""Epochs of one person with their local clock, prepared once and then only sliced."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import tzinfo

import numpy as np
from numpy.typing import NDArray

from analytics.days import HOUR_US, SECOND_US, offsets_between

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Timeline:
    """Epochs in strictly rising order of time. An epoch is valid when `x` is not NaN."""

    t_us: NDArray[np.int64]
    offset_us: NDArray[np.int64]  #: local wall clock minus UTC
    x: Values  #: activity; NaN is missing or not worn
    steps: Values | None  #: NaN is not measured
    epoch_s: float
    unit: str  #: of `x`
    zone: tzinfo

    @property
    def local_us(self) -> NDArray[np.int64]:
        """Nominal wall clock of each epoch's start, as if it were UTC."""
        return self.t_us + self.offset_us

    @property
    def epoch_us(self) -> int:
        """Length of an epoch [microseconds]."""
        return round(self.epoch_s * SECOND_US)

    @property
    def valid_hours(self) -> float:
        """Time covered by valid epochs [h]."""
        return float(np.count_nonzero(~np.isnan(self.x))) * self.epoch_us / HOUR_US

    def between(self, start_us: int, end_us: int) -> Timeline:
        """The epochs that start in [start_us, end_us); views, nothing is copied."""
        low, high = np.searchsorted(self.t_us, [start_us, end_us])
        part = slice(int(low), int(high))
        steps = None if self.steps is None else self.steps[part]
        return replace(
            self, t_us=self.t_us[part], offset_us=self.offset_us[part], x=self.x[part], steps=steps
        )


def timeline_of(
    t_us: NDArray[np.int64],
    x: Values,
    epoch_s: float,
    worn: NDArray[np.bool_] | None,
    steps: Values | None,
    zone: tzinfo,
    unit: str,
) -> Timeline:
    """Epochs with their local clock. What is not worn loses its activity and its steps.

    Raises ValueError when stamps do not rise or arrays differ in length.
    """
    if any(len(a) != len(t_us) for a in (x, worn, steps) if a is not None):
        raise ValueError("t_us, x, worn and steps must be of one length")
    if (np.diff(t_us) <= 0).any():
        raise ValueError("epochs must be in rising order of time, each stamp once")
    offsets = offsets_between(int(t_us[0]), int(t_us[-1]), zone).at(t_us) if len(t_us) else t_us
    if worn is not None:
        x = np.where(worn, x, np.nan)
        steps = None if steps is None else np.where(worn, steps, np.nan)
    return Timeline(t_us, offsets, x, steps, epoch_s, unit, zone)
