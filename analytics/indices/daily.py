"""All indices of one patient's local day, and of the days that end with it.

`prepare` once for a patient, then `day_and_window_indices` for as many days as wanted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo

import numpy as np
from numpy.typing import NDArray

from analytics.days import day_bounds, hours_in
from analytics.indices.amounts import HOURS, mean_activity, steps_walked, worn_minutes
from analytics.indices.bouts import REST_BELOW, states
from analytics.indices.clock_bins import ClockBins, clock_bins
from analytics.indices.cosinor import cosinor
from analytics.indices.cut_points import CutPoints, usual_cut_points
from analytics.indices.day_to_day import autocorrelation_24h
from analytics.indices.dichotomy import dichotomy_index
from analytics.indices.grid import elapsed
from analytics.indices.in_bed import bed_states, night_bounds
from analytics.indices.index import Index
from analytics.indices.intensity_minutes import intensity_minutes
from analytics.indices.most_active import most_active
from analytics.indices.multiscale import over_bin_lengths
from analytics.indices.persistence import persistence
from analytics.indices.relative_amplitude import day_extremes, profile_extremes
from analytics.indices.rhythm import interdaily_stability, intradaily_variability
from analytics.indices.timeline import Timeline, Values, timeline_of
from analytics.indices.transitions import transition_probabilities

WINDOW_DAYS = 28
IO_DAYS = 7


@dataclass(frozen=True)
class Prepared:
    """One patient's epochs with everything that days share: local clock, clock hours, time in bed."""

    timeline: Timeline
    hours: ClockBins
    bed: NDArray[np.int8]
    cuts: CutPoints

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
) -> Prepared:
    """Epochs in strictly rising order; `x` NaN is missing; `worn` None means that all of it was worn.

    For a day's own and window indices the epochs should reach from noon of the day before the window to the
    end of the day. `unit` is that of `x`: `counts` or `mg`. `cuts` None takes the usual ones of the unit,
    `bed_of` tells of each epoch whether it was in bed: a rule on activity where nothing better is known.
    """
    timeline = timeline_of(t_us, x, epoch_s, worn, steps, zone, unit)
    return Prepared(timeline, clock_bins(timeline), bed_of(timeline), cuts or usual_cut_points(unit))


def day_indices(prepared: Prepared, day: date) -> list[Index]:
    """What a local day has of its own: wear, amounts, minutes by intensity, extremes, transitions."""
    timeline = prepared.timeline
    day_us, night_us = day_bounds(day, timeline.zone), night_bounds(day, timeline)
    today = timeline.between(*day_us)
    return [
        worn_minutes(today),
        HOURS.is_(hours_in(day, timeline.zone)),
        mean_activity(today),
        steps_walked(today),
        *intensity_minutes(today, prepared.cuts),
        *most_active(today),
        *day_extremes(timeline.between(*night_us), night_us, today, day_us),
        *transition_probabilities(states(elapsed(today), prepared.rest_below)),
    ]


def window_indices(prepared: Prepared, first: date, last: date) -> list[Index]:
    """The rhythm over the local days from `first` to `last`, both included.

    L5, M10, their onsets, RA, IS, IV, ISm, IVm, the cosinor, r24 and phi.
    """
    zone = prepared.timeline.zone
    span_us = day_bounds(first, zone)[0], day_bounds(last, zone)[1]
    timeline, hours = prepared.timeline.between(*span_us), prepared.hours.between(*span_us)
    return [
        *profile_extremes(timeline, hours),
        interdaily_stability(hours),
        intradaily_variability(hours),
        *over_bin_lengths(timeline, hours),
        *cosinor(timeline, hours),
        autocorrelation_24h(timeline),
        persistence(hours),
    ]


def nights_index(prepared: Prepared, first: date, last: date) -> Index:
    """I<O over the noon-to-noon nights that end on the local days from `first` to `last`."""
    timeline = prepared.timeline
    span_us = night_bounds(first, timeline)[0], night_bounds(last, timeline)[1]
    low, high = np.searchsorted(timeline.t_us, span_us)
    return dichotomy_index(timeline.x[low:high], prepared.bed[low:high])


def day_and_window_indices(
    prepared: Prepared, day: date, window_days: int = WINDOW_DAYS, io_days: int = IO_DAYS
) -> list[Index]:
    """The day's own indices, the rhythm of the `window_days` up to it, and I<O of `io_days` nights."""
    return [
        *day_indices(prepared, day),
        *window_indices(prepared, day - timedelta(days=window_days - 1), day),
        nights_index(prepared, day - timedelta(days=io_days - 1), day),
    ]
