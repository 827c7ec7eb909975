"""Raw acceleration as it travels and is stored: whole numbers at one rate from one instant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Axes = tuple[float, float, float]


class Correction(Protocol):
    """What a calibration does from an instant on: corrected = (a + offset) * scale."""

    @property
    def from_us(self) -> int:
        """A whole minute of device time [microseconds]."""

    @property
    def scale(self) -> Axes:
        """Of each axis."""

    @property
    def offset(self) -> Axes:
        """Of each axis [g]."""


@dataclass(frozen=True)
class Samples:
    """An unbroken stretch of samples; sample k is taken at `t0_us + k * 1e6 / hz`.

    `xyz` has shape (n, 3), int16 or int32; times `scale` it is acceleration [g], as the device measured it.
    """

    t0_us: int
    hz: float
    scale: float
    xyz: NDArray[np.signedinteger]
    correction: Correction | None = None  #: None: not calibrated

    @property
    def end_us(self) -> int:
        """The instant after the last sample's own share of time [microseconds UTC]."""
        return self.t0_us + round(len(self.xyz) * 1e6 / self.hz)
