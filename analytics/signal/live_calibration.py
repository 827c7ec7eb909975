"""Calibration of a device that streams: what must be remembered of its still windows, and no raw data."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analytics.signal.calibration import Calibration, calibrate, error_mg
from analytics.signal.still import StillWindows

LEAST_HOURS = 72.0
CELLS = 7  #: of each side of each face of a cube around the sphere: 294 cells of about 13 degrees
MOST_IN_CELL = 6  #: 1,764 points at most; the newest stay
MOST_HOURS = 24 * 60  #: remembered; what counts is whether there are 72
DRIFTED_MG = 10.0
DRIFT_POINTS = 200  #: half an hour of stillness, before a device is said to have drifted

Values = NDArray[np.float64]
HOUR_US = 3_600_000_000


@dataclass(frozen=True)
class StillPoints:
    """What is kept of a device: plain arrays, at most 1,764 points and 1,440 hours, about 60 kB."""

    t_us: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))  #: (k,)
    g: Values = field(default_factory=lambda: np.zeros((0, 3)))  #: (k, 3) as measured
    hours: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))  #: UTC hours with data


def remember(points: StillPoints, windows: StillWindows, t0_us: int, end_us: int) -> StillPoints:
    """The points with more still windows, found in data from `t0_us` to `end_us`.

    Of each cell of the sphere the newest windows stay, so that a posture held all night weighs no more than
    another, and old ones go when the device meets the posture again. The order in which data arrives, how
    it is cut, and sending it twice change nothing.
    """
    t_us, first = np.unique(np.concatenate((points.t_us, windows.t_us)), return_index=True)
    g = np.concatenate((points.g, windows.g))[first]
    cell = _cell(g)
    order = np.lexsort((-t_us, cell))
    begins = np.flatnonzero(np.diff(cell[order], prepend=-1))
    rank = np.arange(len(order)) - np.repeat(begins, np.diff(np.append(begins, len(order))))
    stay = np.sort(order[rank < MOST_IN_CELL])
    new_hours = np.arange(t0_us // HOUR_US, (max(end_us, t0_us + 1) - 1) // HOUR_US + 1)
    hours = np.union1d(points.hours, new_hours)[-MOST_HOURS:]
    return StillPoints(t_us[stay], g[stay], hours)


def live_calibration(points: StillPoints, least_hours: float = LEAST_HOURS) -> Calibration:
    """The calibration that the remembered points give; refused with a reason while they are too few."""
    return calibrate(points.g, float(len(points.hours)), least_hours)


def drifted(calibration: Calibration, points: StillPoints, since_us: int) -> bool:
    """Whether an accepted calibration leaves 10 mg or more in the still windows since an instant.

    False where fewer than 200 of them are remembered: too little to say. A device that drifted is fitted
    again from `only_since` that instant.
    """
    recent = only_since(points, since_us).g
    if not calibration.accepted or len(recent) < DRIFT_POINTS:
        return False
    return error_mg((recent + calibration.offset) * calibration.scale) >= DRIFTED_MG


def only_since(points: StillPoints, since_us: int) -> StillPoints:
    """The points without what is older than an instant [microseconds UTC]."""
    new = points.t_us >= since_us
    return StillPoints(points.t_us[new], points.g[new], points.hours[points.hours >= since_us // HOUR_US])


def _cell(g: Values) -> NDArray[np.int64]:
    """Number of the cell of a cube's surface towards which each vector points."""
    axis = np.abs(g).argmax(axis=1) if len(g) else np.zeros(0, np.int64)
    rows = np.arange(len(g))
    height = g[rows, axis]
    size = np.where(height != 0, np.abs(height), 1)
    cell = axis * 2 + (height < 0)
    for other in (1, 2):
        side = g[rows, (axis + other) % 3] / size  # -1 to 1
        cell = cell * CELLS + np.clip(((side + 1) / 2 * CELLS).astype(np.int64), 0, CELLS - 1)
    return np.asarray(cell, np.int64)
