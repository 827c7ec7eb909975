"""Non-wear by stillness of single axes in raw samples, after van Hees: the rules of 2013 and 2023."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.signal.samples import Samples
from analytics.signal.short_wear import without_short_wear
from analytics.signal.spread import Spread, spread_of

QUARTER_US = 900_000_000
SD_G, RANGE_2013_G, RANGE_2023_G = 0.013, 0.050, 0.150
AXES = 2  #: axes that must be still
HOUR = 4  #: quarters in a window
HZ_2023 = 5.0  #: the rule of 2023 looks at about so many samples a second


@dataclass(frozen=True)
class Quarters:
    """Verdicts for quarters of an hour (UTC), from the first with a sample to the last."""

    start_us: int
    worn: NDArray[np.bool_]  #: (quarters,) True also where there is nothing to judge

    def at(self, t_us: NDArray[np.int64]) -> NDArray[np.bool_]:
        """The verdict for each of these instants; True beyond the ends."""
        k = (t_us - self.start_us) // QUARTER_US
        inside = (k >= 0) & (k < len(self.worn))
        return np.where(inside, self.worn[np.where(inside, k, 0)], True)


def worn_by_van_hees_2013(
    segments: Sequence[Samples], sd_g: float = SD_G, range_g: float = RANGE_2013_G
) -> Quarters:
    """A quarter is not worn when two axes are still over the hour around its middle [1]_.

    An axis is still when its standard deviation is below `sd_g` and its range below `range_g`. The first
    three quarters are judged by the first hour, the last four by the last three quarters, as GGIR does;
    then `without_short_wear`. A still night or a sedated patient can pass for not worn.

    References
    ----------
    .. [1] V. T. van Hees et al., PLoS ONE 8(4):e61691, 2013 (limits); 6(7):e22922, 2011 (the rule).
    """
    spread = spread_of(segments, QUARTER_US // 2, range_g)
    begin = -((spread.start_us // spread.piece_us) % 2)  # pieces are halves of quarters
    n = (len(spread.n) - begin + 1) // 2
    quarter = np.arange(n)
    first = begin + 2 * quarter - (HOUR - 1)
    end = first + 2 * HOUR
    last = quarter >= n - 1 - (HOUR // 2 + 1)
    first[last], end[last] = begin + 2 * (n - (HOUR // 2 + 1)), begin + 2 * n
    opening = quarter < HOUR // 2 + 1
    first[opening], end[opening] = begin, begin + 2 * HOUR
    still = _still(spread, first, end, sd_g, range_g)
    return _quarters(spread, begin, still)


def worn_by_van_hees_2023(
    segments: Sequence[Samples], sd_g: float = SD_G, range_g: float = RANGE_2023_G
) -> Quarters:
    """All quarters of an hour in which two axes are still are not worn; hours start every quarter [1]_.

    Like the rule of 2013, but the whole hour is marked and not its middle, on samples thinned to about 5 Hz,
    with a range of 150 mg; the hours at the end are cut by it. Finds more, and more of still sleep.

    References
    ----------
    .. [1] GGIR 3 (V. T. van Hees, J. H. Migueles et al.), `nonwear_approach = "2023"`, its documentation of
       `detect_nonwear_clipping` and its changes for release 3.0-0.
    """
    spread = spread_of(segments, QUARTER_US, range_g, HZ_2023)
    n = len(spread.n)
    first = np.arange(n)
    hours = _still(spread, first, np.minimum(first + HOUR, n), sd_g, range_g)
    hours[-1] &= 2 * spread.n[-1] >= spread.n.max()  # the end of a recording may be seconds of a quarter
    still = hours.copy()
    for later in range(1, HOUR):
        still[later:] |= hours[:-later]
    return _quarters(spread, 0, still)


def _still(
    spread: Spread, first: NDArray[np.int64], end: NDArray[np.int64], sd_g: float, range_g: float
) -> NDArray[np.bool_]:
    """(windows, 3) Is the axis still over the pieces [first, end)? Never without samples."""
    count = len(spread.n)
    first, end = first.clip(0, count - 1), end.clip(1, count)
    reach = spread.range_of(first, end)
    return np.asarray(np.isfinite(reach) & (reach < range_g) & (spread.deviation_of(first, end) < sd_g))


def _quarters(spread: Spread, begin: int, still: NDArray[np.bool_]) -> Quarters:
    axes = still.sum(axis=1)
    # One still axis between quarters with two is taken for two, as GGIR does.
    alone = np.flatnonzero(axes[1:-1] == 1) + 1
    for k in alone.tolist():
        if axes[k - 1] >= AXES and axes[k + 1] >= AXES:
            axes[k] = AXES
    off = without_short_wear(axes >= AXES, QUARTER_US / 3.6e9)
    return Quarters(spread.start_us + begin * spread.piece_us, ~off)
