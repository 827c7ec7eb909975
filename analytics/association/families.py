"""p values that are asked together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


def benjamini_hochberg(p: Values) -> Values:
    """Each p adjusted so that of the links called findings at a level at most that share is false [1]_.

    Of the p that are known; NaN stays NaN and is not counted. It is proven for p that are independent; that
    lags of one link, and indices of one patient, do not break it is taken for granted here.

    References
    ----------
    .. [1] Y. Benjamini and Y. Hochberg, "Controlling the false discovery rate," J. R. Stat. Soc. B
       57(1):289-300, 1995.
    """
    adjusted = np.full(p.shape, np.nan)
    known = np.flatnonzero(~np.isnan(p.ravel()))
    order = known[np.argsort(p.ravel()[known])[::-1]]  # the largest first
    rank = len(order) - np.arange(len(order))
    adjusted.ravel()[order] = np.minimum(1, np.minimum.accumulate(p.ravel()[order] * len(order) / rank))
    return adjusted
