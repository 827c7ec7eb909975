"""The rhythm of many overlapping windows of one patient: each day is summed once, a window adds its days.

Values are those of `window_indices` to rounding, and so are the reasons; a test compares them. What a window
gives does not depend, to the last bit, on which others are asked for. Epochs that fill no regular table are
left to that function, window by window.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from analytics.days import DAY_US, day_bounds, local_day_of
from analytics.indices.clock_bins import ClockBins
from analytics.indices.cosinor import fitted
from analytics.indices.day_to_day import (
    SRI,
    Pairs,
    autocorrelation_24h,
    on_elapsed,
    pairs_of_states,
    r24_of,
    regularity_of,
)
from analytics.indices.grid import elapsed, epochs_of_a_day
from analytics.indices.index import Index
from analytics.indices.multiscale import FAR, RowMoments, averaged, moments_of, quotients_of
from analytics.indices.night import NO_SCORER
from analytics.indices.persistence import persistence_of_many
from analytics.indices.prepared import Prepared
from analytics.indices.profile import Profile, profile_of_rows
from analytics.indices.relative_amplitude import extremes_of
from analytics.indices.rhythm import interdaily_stability, intradaily_variability
from analytics.indices.rows import Rows, rows_of
from analytics.indices.scales import lengths_for
from analytics.indices.timeline import Timeline, Values
from analytics.indices.validity import without_a_profile
from analytics.indices.windows import Window, window_indices


@dataclass(frozen=True)
class Rolled:
    """The rhythm of one window, and what further functions take of it."""

    timeline: Timeline
    hours: ClockBins
    profile: Profile | None  #: None where its hours make none, or where its epochs fill no table
    indices: list[Index]


def rolling(prepared: Prepared, windows: Sequence[Window]) -> list[Rolled]:
    """For each window what `window_indices` gives."""
    zone = prepared.timeline.zone
    spans = [(day_bounds(first, zone)[0], day_bounds(last, zone)[1]) for first, last in windows]
    parts = [(prepared.timeline.between(*span), prepared.hours.between(*span)) for span in spans]
    if not spans:
        return []
    everything = min(start for start, _ in spans), max(end for _, end in spans)
    whole = prepared.timeline.between(*everything)
    rows = _regular_rows(whole)
    if rows is None:
        alone = [window_indices(prepared, *window) for window in windows]
        return [Rolled(*part, None, own) for part, own in zip(parts, alone, strict=True)]
    sums = moments_of(rows, centred=False)
    places = [rows.places(*window) for window in windows]
    pairs = _pairs(whole, spans)
    nights = _regularities(prepared, whole, spans)
    phis = persistence_of_many([hours for _, hours in parts])
    found = []
    for (timeline, hours), place, own, night, phi in zip(parts, places, pairs, nights, phis, strict=True):
        has_profile = without_a_profile(hours) is None
        profile = profile_of_rows(rows, *place) if has_profile else None
        average = np.zeros(0) if profile is None else np.where(profile.weight > 0, profile.mean, np.nan)
        indices = [
            *extremes_of(average, hours, timeline),
            interdaily_stability(hours),
            intradaily_variability(hours),
            *averaged(quotients_of(rows, sums, *place), timeline.epoch_s, hours),
            *fitted(profile, hours, timeline.unit),
            _r24(timeline, own, sums, place),
            phi,
            night,
        ]
        found.append(Rolled(timeline, hours, profile, indices))
    return found


def _regular_rows(timeline: Timeline) -> Rows | None:
    """The table of epochs that lie on one grid of time and of the clock."""
    if not lengths_for(timeline.epoch_s):
        return None
    rows = rows_of(timeline)
    if rows is None or rows.phase_us is None:
        return None
    on_grid = ((timeline.t_us - timeline.t_us[0]) % timeline.epoch_us == 0).all()
    return rows if on_grid else None


def _pairs(timeline: Timeline, spans: Sequence[tuple[int, int]]) -> list[Pairs]:
    """The sums behind r24 of each window."""
    x, day = elapsed(timeline), epochs_of_a_day(timeline)
    valid = ~np.isnan(x)
    level = np.where(valid, x, 0.0)
    w = (valid[:-day] & valid[day:]).astype(np.float64)
    a, b = level[:-day] * w, level[day:] * w
    sums = _summed(np.stack([w, a, b, a * a, b * b, a * b]), timeline, spans)
    return [Pairs(*one) for one in sums]


def _regularities(prepared: Prepared, timeline: Timeline, spans: Sequence[tuple[int, int]]) -> list[Index]:
    if prepared.scored is None:
        return [SRI.absent(NO_SCORER) for _ in spans]
    low = int(np.searchsorted(prepared.timeline.t_us, timeline.t_us[0]))
    states = prepared.scored.states[low : low + len(timeline.t_us)]
    grid, day = on_elapsed(timeline, states), epochs_of_a_day(timeline)
    sums = _summed(np.stack(pairs_of_states(grid[:-day], grid[day:])).astype(np.float64), timeline, spans)
    return [regularity_of(int(n), int(same), timeline.epoch_s) for n, same in sums.tolist()]


def _summed(values: Values, timeline: Timeline, spans: Sequence[tuple[int, int]]) -> Values:
    """(windows, k): sums of `values` (k, pairs) over the pairs that lie in each window with both ends.

    Pairs are summed by local day, so that nothing is subtracted and a window's sum does not depend on which
    other windows there are. The last 24 h of a window begin no pair.
    """
    first, last = local_day_of(timeline.t_us[[0, -1]], timeline.zone).tolist()
    days = [first + timedelta(days=k) for k in range((last - first).days + 1)]
    bounds = [day_bounds(day, timeline.zone) for day in days]

    def places(span_us: Sequence[tuple[int, int]]) -> NDArray[np.int64]:
        edges_us = np.array(span_us, np.int64) - np.array([0, DAY_US])
        at = -(-(edges_us - timeline.t_us[0]) // timeline.epoch_us)
        return np.asarray(np.clip(at, 0, values.shape[1]))

    edges: NDArray[np.int64] = np.unique(places(bounds))
    by_day = np.add.reduceat(np.pad(values, ((0, 0), (0, 1))), edges, axis=1)
    within = np.searchsorted(edges, places(spans)).tolist()
    return np.array([by_day[:, low : max(low, high)].sum(axis=1) for low, high in within])


def _r24(timeline: Timeline, pairs: Pairs, sums: RowMoments, place: tuple[int, int]) -> Index:
    n = max(float(pairs.n), 1.0)
    for total, squares in ((pairs.earlier, pairs.earlier_sq), (pairs.later, pairs.later_sq)):
        if squares * FAR < total**2 / n:  # what is left is too small to be told from rounding
            return autocorrelation_24h(timeline)
    largest = float(sums.largest[place[0] : place[1]].max(initial=0.0))
    return r24_of(pairs, largest, timeline.epoch_s)
