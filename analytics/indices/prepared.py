"""One patient's epochs with everything that days and windows share, made once and then only sliced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo

import numpy as np
from numpy.typing import NDArray

from analytics.indices.bouts import REST_BELOW
from analytics.indices.clock_bins import ClockBins, clock_bins
from analytics.indices.cut_points import CutPoints, usual_cut_points
from analytics.indices.in_bed import bed_states
from analytics.indices.scored import Scored
from analytics.indices.timeline import Timeline, Values, timeline_of


@dataclass(frozen=True)
class Fives:
    """ENMO by five seconds."""

    t_us: NDArray[np.int64]  #: (n,) starts of minutes, or of the five seconds themselves
    enmo_mg: Values  #: (n, 12), or (n, 1); NaN is missing or not worn

    def between(self, start_us: int, end_us: int) -> Values:
        """Those that start in [start, end), one after the other."""
        low, high = np.searchsorted(self.t_us, [start_us, end_us])
        return self.enmo_mg[low:high].ravel()


@dataclass(frozen=True)
class Prepared:
    """Epochs with their local clock, clock hours, time in bed and sleep."""

    timeline: Timeline
    hours: ClockBins
    bed: NDArray[np.int8]
    cuts: CutPoints
    scored: Scored | None = None  #: None where no scorer knows such epochs
    fives: Fives | None = None
    stays_us: NDArray[np.int64] | None = None  #: (n, 2) known times in bed; None: found by a rule

    @property
    def rest_below(self) -> float:
        """Below this an epoch is rest, in the unit of x."""
        return REST_BELOW[self.timeline.unit]


def prepare(
    t_us: NDArray[np.int64],
    x: Values,
    epoch_s: float,
    worn: NDArray[np.bool_] | None,
    steps: Values | None,
    zone: tzinfo,
    unit: str,
    cuts: CutPoints | None = None,
    bed_of: Callable[[Timeline], NDArray[np.int8]] = bed_states,
    scored: Scored | None = None,
    fives: Fives | None = None,
    stays_us: NDArray[np.int64] | None = None,
) -> Prepared:
    """Epochs in strictly rising order; `x` NaN is missing; `worn` None means that all of it was worn.

    For a day's own and window indices the epochs should reach from noon of the day before the window to the
    end of the day. `unit` is that of `x`: `counts` or `mg`. `cuts` None takes the usual ones of the unit,
    `bed_of` tells of each epoch whether it was in bed: a rule on activity where nothing better is known.
    `scored` tells of each epoch whether it was slept through, None where no scorer knows such epochs.
    `stays_us` are the times in bed as somebody wrote them down, of which epochs may be missing.
    """
    timeline = timeline_of(t_us, x, epoch_s, worn, steps, zone, unit)
    cuts = cuts or usual_cut_points(unit)
    return Prepared(timeline, clock_bins(timeline), bed_of(timeline), cuts, scored, fives, stays_us)
