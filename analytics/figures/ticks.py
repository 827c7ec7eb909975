"""Round numbers along an axis."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ABOUT = 6


def round_ticks(low: float, high: float) -> NDArray[np.float64]:
    """A few round numbers, evenly apart, from `low` or below it to `high` or above; never fewer than two."""
    wide = high - low if high > low else abs(high) or 1.0
    power = 10.0 ** np.floor(np.log10(wide / ABOUT))
    step = next(float(power * k) for k in (1, 2, 2.5, 5, 10) if wide / (power * k) <= ABOUT)
    first, last = np.floor(low / step + 1e-9), np.ceil(high / step - 1e-9)
    # Rounded, as 3 * 0.1 is not 0.3.
    return np.round(np.arange(first, max(last, first + 1) + 1) * step, 12)
