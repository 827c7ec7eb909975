"""I<O: how far rest in bed lies below the activity out of bed.

Mormont et al., Clin Cancer Res 6(8):3038-3045, 2000; healthy people reach about 99.5 %, people with
metastatic colorectal cancer about 96.6 % (Natale et al. 2015).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analytics.indices.in_bed import IN_BED, OUT_OF_BED
from analytics.indices.index import Index, nothing
from analytics.indices.timeline import Values


def dichotomy_index(x: Values, bed: NDArray[np.int8]) -> Index:
    """Percent of valid in-bed epochs strictly below the median of valid out-of-bed epochs [%].

    Epochs of nights that could not be judged are on neither side. Where the out-of-bed median is 0 nothing
    can lie below it, so there is no index.
    """
    valid = ~np.isnan(x)
    inside, outside = x[valid & (bed == IN_BED)], x[valid & (bed == OUT_OF_BED)]
    if not len(inside) or not len(outside):
        return nothing("io", "%", "too little data: no night in which the time in bed could be told")
    median = float(np.median(outside))
    if median == 0:
        return nothing("io", "%", "the median of the activity out of bed is 0")
    return Index("io", 100 * float((inside < median).mean()), "%")
