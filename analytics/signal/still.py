"""Ten seconds in which a device lay still: what it then measures is gravity, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.signal.pieces import columns, in_pieces, row_sums, whole_epochs
from analytics.signal.samples import Samples

WINDOW_US = 10_000_000
STILL_SD_G = 0.013
MOST_G = 2.0


@dataclass(frozen=True)
class StillWindows:
    """Mean acceleration of still windows, in order of time."""

    t_us: NDArray[np.int64]  #: (k,) start of each window, a whole multiple of 10 s
    g: NDArray[np.float64]  #: (k, 3), as the device measured it
    looked_at: int  #: windows with all of their samples, still or not


def still_windows(segments: Sequence[Samples]) -> StillWindows:
    """Windows of 10 s in which no axis moves: standard deviation below 13 mg, mean within 2 g [1]_.

    Parameters
    ----------
    segments : sequence of Samples
        In order of time, without overlaps. Windows start at whole multiples of 10 s since 1970 UTC; one
        that a segment does not cover wholly is left out, so that it does not matter how a stream is cut as
        long as it is cut at those instants.

    References
    ----------
    .. [1] V. T. van Hees et al., "Autocalibration of accelerometer data for free-living physical activity
       assessment using local gravity and temperature," J. Appl. Physiol. 117(7):738-744, 2014.
    """
    starts, means, looked_at = [np.zeros(0, np.int64)], [np.zeros((0, 3))], 0
    for segment in segments:
        first, edges = whole_epochs(segment, WINDOW_US)
        looked_at += max(len(edges) - 1, 0)
        for piece in in_pieces(edges):
            mean, sd = _mean_and_deviation(segment, edges[piece.start : piece.stop + 1])
            still = (sd < STILL_SD_G).all(axis=0) & (np.abs(mean) < MOST_G).all(axis=0)
            means.append(mean[:, still].T)
            starts.append((first + piece.start + np.flatnonzero(still)) * WINDOW_US)
    return StillWindows(np.concatenate(starts), np.concatenate(means), looked_at)


def _mean_and_deviation(
    segment: Samples, edges: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(3, windows) mean and standard deviation (n - 1) [g]."""
    # In the device's own steps, which single precision holds exactly.
    steps = columns(segment, int(edges[0]), int(edges[-1]), np.ones(3), np.zeros(3))
    places, n = edges[:-1] - edges[0], np.diff(edges)
    even = bool((n == n[0]).all())
    mean, squares = np.empty((3, len(n))), np.empty((3, len(n)))
    for axis in range(3):
        values = steps[axis]
        if even:
            # From each window's first sample on: where a device lies still, all others are close to it.
            windows = values.reshape(len(n), -1)
            first = windows[:, 0].copy()
            windows -= first[:, None]
            total = row_sums(windows).astype(np.float64)
            mean[axis] = first + total / n
            squares[axis] = np.maximum(np.vecdot(windows, windows) - total**2 / n, 0)
        else:
            mean[axis] = np.add.reduceat(values, places) / n
            values -= np.repeat(mean[axis].astype(np.float32), n)
            values *= values
            squares[axis] = np.add.reduceat(values, places)
    return mean * segment.scale, np.sqrt(squares / np.maximum(n - 1, 1)) * segment.scale
