"""Non-wear by counts after Choi: long runs of zero minutes, in which lonely artefacts are forgiven."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analytics.signal.runs import runs, within

PERIOD_MIN, WINDOW_MIN, SPIKE_MIN = 90, 30, 2


def worn_by_choi(
    counts: NDArray[np.float64],
    period_min: int = PERIOD_MIN,
    window_min: int = WINDOW_MIN,
    spike_min: int = SPIKE_MIN,
) -> NDArray[np.bool_]:
    """False in every stretch of at least `period_min` minutes without counts [1]_.

    Counts are an artefact, and belong to the stretch, when no more than `spike_min` minutes lie from the
    first to the last of them, and `window_min` minutes without any count directly before and directly after
    (fewer where the series ends). Made for waking wear of a sensitive hip device; a sleeping wrist is often
    called not worn.

    Parameters
    ----------
    counts : (minutes,) array
        Counts a minute without a hole, of one axis or the vector magnitude. NaN counts as movement.
    period_min, window_min, spike_min : int
        Choi took 90, 30 and 2. [min]

    Returns
    -------
    (minutes,) bool array

    References
    ----------
    .. [1] L. Choi et al., "Validation of accelerometer wear and nonwear time classification algorithm,"
       Med. Sci. Sports Exerc. 43(2):357-364, 2011.
    """
    n = len(counts)
    zero = np.equal(counts, 0)
    first, end = runs(zero)
    # What lies beyond the ends of the series is not held against a window that reaches there.
    quiet = (end - first >= window_min) | (first == 0) | (end == n)
    first, end = runs(~within(first[quiet], end[quiet], n))
    artefact = end - first <= spike_min
    first, end = runs(zero | within(first[artefact], end[artefact], n))
    long = end - first >= period_min
    return ~within(first[long], end[long], n)
