"""Counts of three axes as one number."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MOST_COUNTS = 1e9  #: of an axis in an epoch, far beyond any device


def vector_magnitude(axes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Root of the summed squares of (n, 3) counts; missing where an axis is."""
    magnitude: NDArray[np.float64] = np.hypot(np.hypot(axes[:, 0], axes[:, 1]), axes[:, 2])
    return magnitude
