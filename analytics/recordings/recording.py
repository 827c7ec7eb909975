"""What a file holds once it is read: epochs that a device computed, or raw samples."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analytics.signal.samples import Correction, Samples
from analytics.signal.thermometer import Temperature as Temperature

Measure = Literal["counts", "enmo_mg"]


class NotARecording(Exception):
    """A file cannot be read as a recording; the message names the file and says what to do."""


@dataclass(frozen=True)
class EpochRecording:
    """Epochs of one length, in order of time; epochs that the file lacks are simply not there."""

    t_us: NDArray[np.int64]  #: start of each epoch, microseconds since the Unix epoch, strictly rising
    epoch_s: float
    activity: NDArray[np.float64]  #: in the unit of `measure`; NaN is missing
    measure: Measure
    tz: str | None  #: zone name; None where stamps are a wall clock of no known zone
    zone: tzinfo  #: what cuts the days; UTC where `tz` is None, so that every day has 24 h
    axes: NDArray[np.float64] | None = None  #: (n, 3) counts of the device's own axes, NaN is missing
    steps: NDArray[np.float64] | None = None  #: as the device counted them, NaN is missing
    notes: tuple[str, ...] = ()  #: what the reader left out or mended, one sentence each


@dataclass(frozen=True)
class RawRecording:
    """Samples in unbroken stretches, in order of time; between two of them the file has a gap."""

    segments: tuple[Samples, ...]
    tz: str | None  #: as in `EpochRecording`
    zone: tzinfo
    temperature: Temperature | None = None  #: None where the file has none
    range_g: float | None = None  #: the device clips beyond this; None where the file does not say
    notes: tuple[str, ...] = ()  #: what the reader left out or mended, one sentence each
    correction: Correction | None = None  #: of the samples; None: not calibrated
