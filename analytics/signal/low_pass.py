"""ENMO of what is left below 20 Hz: LFENMO."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt, sosfilt_zi

from analytics.signal.metrics import Grid, grid_mean
from analytics.signal.samples import Samples

ORDER, EDGE_HZ = 4, 20.0
PIECE = 200_000  #: samples worked on at once

Values = NDArray[np.float64]


def lfenmo_mg(
    segments: Sequence[Samples], grid: Grid, scale: Values | None = None, offset: Values | None = None
) -> Values:
    """(n,) mean of max(r - 1 g, 0), axes through a Butterworth low-pass of order 4, 20 Hz, first [1]_.

    The filter goes forward only, as GGIR's does, and starts each segment as if its first sample had always
    been there.

    Parameters
    ----------
    segments : sequence of Samples
        In order of time, without overlaps.
    scale, offset : (3,) arrays, optional
        Of the calibration: corrected = (a + offset) * scale. [1, g]

    Returns
    -------
    (n,) array [mg]
        NaN where less than half of an epoch's samples are there; samples at 40 Hz or less have no such
        figure and count as not there.

    References
    ----------
    .. [1] V. T. van Hees et al., "Separating movement and gravity components in an acceleration signal and
       implications for the assessment of human daily physical activity," PLoS ONE 8(4):e61691, 2013; the
       filter as in GGIR 3.
    """
    fast = [segment for segment in segments if segment.hz > 2 * EDGE_HZ]
    return grid_mean(fast, grid, lambda segment: _excess_mg(segment, scale, offset))


def _excess_mg(segment: Samples, scale: Values | None, offset: Values | None) -> Values:
    """(samples,) max(r - 1 g, 0) [mg]."""
    sections = butter(ORDER, EDGE_HZ, fs=segment.hz, output="sos")
    # (sections, axes, 2)
    first = segment.xyz[0] * segment.scale
    state = sosfilt_zi(sections)[:, None, :] * first[None, :, None]
    out = np.empty(len(segment.xyz))
    for start in range(0, len(out), PIECE):
        g = np.ascontiguousarray(segment.xyz[start : start + PIECE].T) * segment.scale
        g, state = sosfilt(sections, g, axis=1, zi=state)
        # The filter leaves what is constant as it is, so that calibration may follow it.
        if scale is not None and offset is not None:
            g = (g + offset[:, None]) * scale[:, None]
        r = np.sqrt(np.einsum("ij,ij->j", g, g))
        out[start : start + PIECE] = np.maximum(r - 1, 0) * 1000
    return out
