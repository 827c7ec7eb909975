"""I<O: how far rest in bed lies below the activity out of bed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analytics.indices.definition import Definition
from analytics.indices.in_bed import IN_BED, OUT_OF_BED
from analytics.indices.index import Index
from analytics.indices.timeline import Values

IO = Definition(
    name="io",
    unit="%",
    meaning="I<O: percent of valid in-bed epochs whose activity is strictly below the median of valid "
    "out-of-bed epochs.",
    missing="left out on both sides; epochs of nights that cannot be judged are on neither side",
    needs="a valid epoch on each side, and a median above 0, below which nothing can lie",
    source="Mormont et al., Clin Cancer Res 6(8):3038-3045, 2000. Healthy people reach about 99.5 %, people "
    "with metastatic colorectal cancer about 96.6 % (Natale et al. 2015)",
    spans="recording, 7 nights",
)


def dichotomy_index(x: Values, bed: NDArray[np.int8]) -> Index:
    """Percent of valid in-bed epochs strictly below the median of valid out-of-bed epochs [%].

    `bed` tells each epoch: `IN_BED`, `OUT_OF_BED` or not judged. Where the out-of-bed median is 0 nothing
    can lie below it, so there is no index.
    """
    valid = ~np.isnan(x)
    inside, outside = x[valid & (bed == IN_BED)], x[valid & (bed == OUT_OF_BED)]
    if not len(inside) or not len(outside):
        return IO.absent("too little data: no night in which the time in bed could be told")
    median = float(np.median(outside))
    if median == 0:
        return IO.absent("the median of the activity out of bed is 0")
    return IO.is_(100 * float((inside < median).mean()))
