"""Two measures without what each day has from the day before."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analytics.association.panel import Panel
from analytics.association.sums import Sums, centred, lagged_sums

Values = NDArray[np.float64]
LARGEST = 0.95


def prewhitened(panel: Panel) -> tuple[Panel, float]:
    """The panel after the filter v(day) - phi v(day before), the same for both measures, and phi.

    phi is the lag-1 autocorrelation of x within patients, so that x becomes white and a peak at a lag is not
    smeared over its neighbours [1]_. A day is known when it and the day before are: gaps are not filled. phi
    is NaN, and the panel as it was, where no two neighbouring days are known.

    References
    ----------
    .. [1] G. E. P. Box, G. M. Jenkins, Time Series Analysis, 1970: prewhitening of the input.
    """
    own = lagged_sums(panel.x, panel.x, (1,))
    phi = float(Sums(*(part.sum(axis=0) for part in own)).r[0])
    if np.isnan(phi):
        return panel, phi
    phi = float(np.clip(phi, -LARGEST, LARGEST))
    return replace(panel, x=_filtered(panel.x, phi), y=_filtered(panel.y, phi)), phi


def _filtered(values: Values, phi: float) -> Values:
    about = np.where(np.isnan(values), np.nan, centred(values)[0])
    left = np.full_like(values, np.nan)
    left[:, 1:] = about[:, 1:] - phi * about[:, :-1]
    return left
