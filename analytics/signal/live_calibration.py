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


def recent_error_mg(points: StillPoints, scale: Values, offset: Values, since_us: int) -> float | None:
    """What a calibration leaves in the newest 200 still windows since an instant [mg]; None while there are
    fewer: too little to say."""
    recent = only_since(points, since_us).g[-DRIFT_POINTS:]
    return error_mg((recent + offset) * scale) if len(recent) == DRIFT_POINTS else None


def drifted_since(points: StillPoints, scale: Values, offset: Values, since_us: int) -> int | None:
    """The instant since when a calibration does not fit any more: it leaves 10 mg or more in the newest 200
    still windows. None: it fits, or there is too little to say.

    A device that drifted is fitted again from `only_since` that instant: the one that best parts the errors
    since `since_us` into small ones and large ones, so that a jump leaves what was before it behind.
    """
    error = recent_error_mg(points, scale, offset, since_us)
    if error is None or error < DRIFTED_MG:
        return None
    recent = only_since(points, since_us)
    away = np.abs(np.linalg.norm((recent.g + offset) * scale, axis=1) - 1) * 1000
    before = np.arange(1, len(away) - DRIFT_POINTS + 1)  # how many lie before the cut
    if not len(before):
        return since_us
    after, total = len(away) - before, np.cumsum(away)
    mean_before = total[before - 1] / before
    mean_after = (total[-1] - total[before - 1]) / after
    parted = np.where(mean_after > mean_before, before * after * (mean_after - mean_before) ** 2, 0)
    best = int(parted.argmax())
    # All of it is off already: nothing to leave behind.
    return since_us if mean_before[best] >= DRIFTED_MG else int(recent.t_us[before[best]])


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
