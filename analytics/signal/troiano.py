"""Non-wear by counts after Troiano: an hour of zero minutes, a few small counts forgiven."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analytics.signal.runs import runs, within

PERIOD_MIN, SPIKE_MIN, STOP_COUNTS = 60, 2, 100.0


def worn_by_troiano(
    counts: NDArray[np.float64],
    period_min: int = PERIOD_MIN,
    spike_min: int = SPIKE_MIN,
    stop_counts: float = STOP_COUNTS,
    in_a_row: bool = True,
) -> NDArray[np.bool_]:
    """False in every stretch of at least `period_min` minutes that is quiet but for small counts [1]_.

    A stretch begins and ends with a minute without counts. It is over at a minute above `stop_counts`, and
    when more than `spike_min` minutes have counts: in a row, or, with `in_a_row` false, in all since the
    stretch began. Made for waking wear at the hip; a sleeping wrist is often called not worn.

    Parameters
    ----------
    counts : (minutes,) array
        Counts a minute without a hole, of one axis or the vector magnitude. NaN counts as movement.
    period_min, spike_min : int
        Troiano took 60 and 2. [min]
    stop_counts : float
        Troiano took 100. [counts a minute]

    Returns
    -------
    (minutes,) bool array

    References
    ----------
    .. [1] R. P. Troiano, "Large-scale applications of accelerometers: new frontiers and new questions,"
       Med. Sci. Sports Exerc. 39(9):1501, 2007; rule as in Troiano et al., 40(1):181-188, 2008.
    """
    zero = np.equal(counts, 0)
    loud = ~(counts <= stop_counts)
    first, end = _in_a_row(zero, loud, spike_min) if in_a_row else _in_all(zero, loud, spike_min, period_min)
    long = end - first >= period_min
    return ~within(first[long], end[long], len(zero))


def _in_a_row(
    zero: NDArray[np.bool_], loud: NDArray[np.bool_], spike_min: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Stretches between runs of counts that are too long or too loud."""
    first, end = runs(~zero)
    heard = np.concatenate(([0], np.cumsum(loud)))
    over = (end - first > spike_min) | (heard[end] > heard[first])
    first, end = runs(~within(first[over], end[over], len(zero)))
    zeros = np.flatnonzero(zero)
    low, high = np.searchsorted(zeros, first), np.searchsorted(zeros, end)
    some = high > low  # at the ends of a series a stretch may be of counts alone
    return zeros[low[some]], zeros[high[some] - 1] + 1


def _in_all(
    zero: NDArray[np.bool_], loud: NDArray[np.bool_], spike_min: int, period_min: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first stretches, in order of time, that are long enough before one count too many."""
    n = len(zero)
    starts, _ = runs(zero)
    counted, stops = np.flatnonzero(~zero), np.flatnonzero(loud)
    too_many = np.append(counted, np.full(spike_min + 1, n))[np.searchsorted(counted, starts) + spike_min]
    over = np.minimum(too_many, np.append(stops, n)[np.searchsorted(stops, starts)])
    zeros = np.flatnonzero(zero)
    ends = zeros[np.searchsorted(zeros, over) - 1] + 1
    taken: list[int] = []
    reached = 0
    for k in np.flatnonzero(ends - starts >= period_min).tolist():
        if starts[k] >= reached:
            taken.append(k)
            reached = int(ends[k])
    return starts[taken], ends[taken]
