"""The angle of the arm as GGIR has it: of the median position over five seconds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from analytics.signal.metrics import Grid, grid_mean
from analytics.signal.samples import Samples

WINDOW_S = 5

Values = NDArray[np.float64]


def anglez_median_deg(
    segments: Sequence[Samples], grid: Grid, scale: Values | None = None, offset: Values | None = None
) -> Values:
    """(n,) mean of atan(z / sqrt(x^2 + y^2)), each axis first replaced by its rolling median over 5 s [1]_.

    `anglez_deg` is the mean of the samples' own angles and follows fast movements; this one does not. The
    window has an odd number of samples; the first and last half window of a segment take the first and
    last median that is whole. A segment shorter than the window has one median for all.

    Parameters
    ----------
    segments : sequence of Samples
        In order of time, without overlaps.
    scale, offset : (3,) arrays, optional
        Of the calibration: corrected = (a + offset) * scale. [1, g]

    Returns
    -------
    (n,) array [degrees]
        -90 to 90; NaN where less than half of an epoch's samples are there.

    References
    ----------
    .. [1] V. T. van Hees et al., "A novel, open access method to assess sleep duration using a wrist-worn
       accelerometer," PLoS ONE 10(11):e0142533, 2015.
    """
    return grid_mean(segments, grid, lambda segment: _degrees(segment, scale, offset))


def _degrees(segment: Samples, scale: Values | None, offset: Values | None) -> Values:
    """(samples,) angle of the rolling median [degrees]."""
    n = len(segment.xyz)
    half = round(WINDOW_S * segment.hz) // 2
    axes = np.empty((3, n))
    for axis in range(3):
        values = np.ascontiguousarray(segment.xyz[:, axis]).astype(np.float64)
        if n <= 2 * half + 1:
            axes[axis] = np.median(values)
        else:
            rolled = median_filter(values, 2 * half + 1)
            rolled[:half], rolled[n - half :] = rolled[half], rolled[n - half - 1]
            axes[axis] = rolled
    axes *= segment.scale
    if scale is not None and offset is not None:
        axes = (axes + offset[:, None]) * scale[:, None]
    x, y, z = axes
    return np.asarray(np.degrees(np.arctan2(z, np.sqrt(x**2 + y**2))))
