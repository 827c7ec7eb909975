"""Counts of three axes as one number."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def vector_magnitude(axes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Root of the summed squares of (n, 3) counts; missing where an axis is."""
    magnitude: NDArray[np.float64] = np.sqrt((axes**2).sum(axis=1))
    return magnitude
