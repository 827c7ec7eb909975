"""The indices of a window of local days, from its own epochs.

Of many overlapping windows `rolling.py` gives the same much faster.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from analytics.days import day_bounds
from analytics.indices.cosinor import cosinor
from analytics.indices.day_to_day import autocorrelation_24h
from analytics.indices.dichotomy import dichotomy_index
from analytics.indices.in_bed import night_bounds
from analytics.indices.index import Index
from analytics.indices.multiscale import over_bin_lengths
from analytics.indices.night import regularity
from analytics.indices.persistence import persistence
from analytics.indices.prepared import Prepared
from analytics.indices.relative_amplitude import profile_extremes
from analytics.indices.rhythm import interdaily_stability, intradaily_variability

Window = tuple[date, date]  #: first and last local day, both included


def up_to(day: date, days: int) -> Window:
    """The window of so many days that ends with `day`."""
    return day - timedelta(days=days - 1), day


def window_indices(prepared: Prepared, first: date, last: date) -> list[Index]:
    """The rhythm over the local days from `first` to `last`, both included.

    L5, M10, their onsets, RA, IS, IV, ISm, IVm, the cosinor, r24, phi and SRI.
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
        regularity(prepared, *span_us),
    ]


def nights_index(prepared: Prepared, first: date, last: date) -> Index:
    """I<O over the noon-to-noon nights that end on the local days from `first` to `last`."""
    timeline = prepared.timeline
    span_us = night_bounds(first, timeline)[0], night_bounds(last, timeline)[1]
    low, high = np.searchsorted(timeline.t_us, span_us)
    return dichotomy_index(timeline.x[low:high], prepared.bed[low:high])
