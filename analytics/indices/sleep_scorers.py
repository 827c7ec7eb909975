"""Asleep or awake, minute by minute, from counts: Sadeh and Cole-Kripke as ActiLife computes them, Oakley.

Each takes the counts of one axis (ActiGraph: axis 1) on an unbroken grid and returns 1 asleep, 0 awake, NaN
not scored, of the same length. An epoch without a value is not scored; as a neighbour it counts 0, like what
lies beyond the ends. The rules know counts of the devices that they were fitted on, and no others.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from analytics.indices.timeline import Values

MOST_SADEH = 300  #: ActiLife cuts counts there
MOST_COLE_KRIPKE = 300  #: of counts over 100
WEIGHTS_COLE_KRIPKE = (106, 54, 58, 76, 230, 74, 67)  #: of the 4 minutes before, the minute, 2 after
#: Weights from the scored epoch outwards, by epoch length [s]; Actiware's manual.
WEIGHTS_OAKLEY: dict[float, tuple[float, ...]] = {
    15.0: (4.0, 0.2, 0.2, 0.2, 0.2, 0.04, 0.04, 0.04, 0.04),
    30.0: (2.0, 0.2, 0.2, 0.04, 0.04),
    60.0: (1.0, 0.2, 0.04),
    120.0: (0.5, 0.12),
}
MEDIUM_OAKLEY = 40.0


def sadeh_actilife(counts: Values) -> Values:
    """Sadeh et al., Sleep 17(3):201-207, 1994, for epochs of 60 s, as ActiLife 6 scores them.

    With counts cut at 300: PS = 7.601 - 0.065 W - 1.08 NAT - 0.056 SD - 0.703 ln(1 + x), asleep above -4.
    W is the mean and NAT the number of values from 50 to below 100, of the minute with the 5 before and 5
    after; SD the sample standard deviation of the minute and the 5 before. The threshold, the cut and the
    sides are ActiLife's: the paper has 0. All 1,500 min that ActiLife scored on the shared day are equal.
    """
    x = np.minimum(np.nan_to_num(counts), MOST_SADEH)
    around = _around(x, 5, 5)
    score = (
        7.601
        - 0.065 * around.mean(axis=1)
        - 1.08 * ((around >= 50) & (around < 100)).sum(axis=1)
        - 0.056 * around[:, :6].std(axis=1, ddof=1)
        - 0.703 * np.log1p(x)
    )
    return _scored(score > -4, counts)


def cole_kripke_actilife(counts: Values) -> Values:
    """Cole et al., Sleep 15(5):461-469, 1992, for epochs of 60 s, as ActiLife 6 scores them.

    With x the counts over 100, cut at 300: asleep where 0.001 times the weighted sum of the four minutes
    before, the minute and the two after is below 1. All 1,500 min that ActiLife scored are equal.
    """
    x = np.minimum(np.nan_to_num(counts) / 100, MOST_COLE_KRIPKE)
    around = _around(x, 4, 2)
    return _scored(0.001 * (around @ np.array(WEIGHTS_COLE_KRIPKE, float)) < 1, counts)


def oakley(counts: Values, epoch_s: float = 60.0, threshold: float = MEDIUM_OAKLEY) -> Values:
    """Oakley 1997, for Actiwatch counts: asleep while the weighted sum of the neighbours is low enough.

    Low enough is at most `threshold`; 20, 40 and 80 are Actiware's high, medium and low sensitivity for
    being awake. Raises ValueError for an epoch length other than 15, 30, 60 and 120 s.
    """
    if epoch_s not in WEIGHTS_OAKLEY:
        raise ValueError("Oakley's weights are for epochs of 15, 30, 60 and 120 s")
    half = np.array(WEIGHTS_OAKLEY[epoch_s])
    weights = np.r_[half[:0:-1], half]
    x = np.nan_to_num(counts)
    # Each sum in one order, so that a value on the threshold falls on the same side everywhere.
    total = _around(x, len(half) - 1, len(half) - 1) @ weights
    return _scored(total <= threshold, counts)


def _around(x: Values, before: int, after: int) -> Values:
    """(n, before + 1 + after): each value with its neighbours, 0 beyond the ends."""
    if not len(x):
        return np.zeros((0, before + 1 + after))
    return sliding_window_view(np.pad(x, (before, after)), before + 1 + after)


def _scored(asleep: NDArray[np.bool_], counts: Values) -> Values:
    return np.where(np.isnan(counts), np.nan, asleep.astype(float))
