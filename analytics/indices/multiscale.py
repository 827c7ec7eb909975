"""IS and IV averaged over bin lengths (ISm, IVm): no single bin length decides."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from analytics.days import DAY_US, MINUTE_US
from analytics.indices.clock_bins import ClockBins, clock_bins
from analytics.indices.definition import Definition
from analytics.indices.index import Index
from analytics.indices.rhythm import (
    NEVER_VARIES,
    NO_NEIGHBOURS,
    explained_share,
    lacks_days,
    neighbours,
    step_share,
)
from analytics.indices.scales import (
    LENGTHS_MIN,
    Bins,
    Moments,
    bins_of_all_lengths,
    lengths_for,
    moments,
    shares,
)
from analytics.indices.timeline import Timeline, Values

_LENGTHS = f"{', '.join(map(str, LENGTHS_MIN[:-1]))} and {LENGTHS_MIN[-1]} min"
_SOURCE = "Goncalves et al., J Neurosci Methods 222:169-178, 2014 (with the divisors of a day up to an hour)"
_MISSING = "a bin counts when half of it is valid; bins must be multiples of the epoch"
ISM = Definition(
    name="ISm",
    unit="1",
    meaning=f"Mean of IS over bins of {_LENGTHS}.",
    missing=_MISSING,
    needs="what IS needs",
    source=_SOURCE,
    spans="recording, 28 days",
)
IVM = Definition(
    name="IVm",
    unit="1",
    meaning="Mean of IV over the bin lengths of ISm.",
    missing=_MISSING,
    needs="at each length what IV needs",
    source=_SOURCE,
    spans="recording, 28 days",
)


def over_bin_lengths(timeline: Timeline, hours: ClockBins) -> list[Index]:
    """`ISm` and `IVm` [1]; `hours` are the 60 min bins of the same timeline."""
    lengths = lengths_for(timeline.epoch_s)
    if not lengths:
        why = f"epochs of {timeline.epoch_s:g} s fit into no bin of the list"
        return [ISM.absent(why), IVM.absent(why)]
    stable, varying = _quotients(timeline)
    short = lacks_days(hours)
    if short is not None:
        ism = ISM.absent(short)
    else:
        ism = ISM.absent(NEVER_VARIES) if np.isnan(stable) else ISM.is_(stable)
    if not np.isnan(varying):
        return [ism, IVM.is_(varying)]
    apart = len(hours.mean) < 2 or not neighbours(hours).any()
    return [ism, IVM.absent(NO_NEIGHBOURS if apart else NEVER_VARIES)]


def _quotients(timeline: Timeline) -> tuple[float, float]:
    """Mean quotients over all lengths; NaN where one of them cannot be given."""
    stretches = _stretches(timeline)
    table = _quickly(timeline, stretches) if stretches else _one_by_one(timeline)
    stable, varying = np.array(table).mean(axis=0).tolist()
    return stable, varying


def _one_by_one(timeline: Timeline) -> list[tuple[float, float]]:
    found = []
    for minutes in lengths_for(timeline.epoch_s):
        bins = clock_bins(timeline, minutes)
        pair = (explained_share(bins), step_share(bins)) if len(bins.mean) else (None, None)
        found.append((np.nan if pair[0] is None else pair[0], np.nan if pair[1] is None else pair[1]))
    return found


class _Stretch(NamedTuple):
    """Time with one offset, as a table of whole days."""

    first_us: int  #: nominal start of the table, an instant
    days: Values  #: (1, days, epochs); NaN is missing, or before or after the stretch


def _stretches(timeline: Timeline) -> list[_Stretch]:
    """The timeline cut where its offset changes; none where epochs fit no table, or a few fill a huge one."""
    epoch_us = timeline.epoch_us
    if not len(timeline.t_us) or DAY_US % epoch_us:
        return []
    size = DAY_US // epoch_us
    cell = timeline.local_us // epoch_us
    cuts = np.flatnonzero(np.diff(timeline.offset_us)) + 1
    found = []
    for low, high in pairwise([0, *cuts.tolist(), len(cell)]):
        own = cell[low:high]
        first = int(own[0]) // size * size
        days = (int(own[-1]) - first) // size + 1
        if days * size > 4 * len(own) + 8 * size or (np.diff(own) == 0).any():
            return []
        table = np.full(days * size, np.nan)
        table[own - first] = timeline.x[low:high]
        start_us = first * epoch_us - int(timeline.offset_us[low])
        found.append(_Stretch(start_us, table.reshape(1, days, size)))
    return found


def _quickly(timeline: Timeline, stretches: list[_Stretch]) -> list[tuple[float, float]]:
    known = timeline.x[~np.isnan(timeline.x)]
    mean, largest = (known.mean(), np.abs(known).max()) if len(known) else (0.0, 0.0)
    starts = [stretch.first_us for stretch in stretches]
    each = [bins_of_all_lengths(stretch.days - mean, timeline.epoch_s) for stretch in stretches]
    found = []
    for parts in zip(*each, strict=True):
        sums = [moments(bins) for bins in parts]
        sums += [_across(*one, *other) for one, other in pairwise([*zip(starts, parts, strict=True)])]
        total = Moments(*(np.sum(same, axis=0) for same in zip(*sums, strict=True)))
        quotient = shares(total, np.array([largest]))
        found.append((float(quotient.explained[0]), float(quotient.stepped[0])))
    return found


def _across(start_us: int, bins: Bins, next_us: int, following: Bins) -> Moments:
    """The one pair that may span a change of offset: the last bin before it and the first one after."""
    nothing = np.zeros((1, bins.mean.shape[2]))
    before, after = np.flatnonzero(bins.counts), np.flatnonzero(following.counts)
    step, pairs = np.zeros(1), np.zeros(1)
    length_us = bins.minutes * MINUTE_US
    if len(before) and len(after):
        apart_us = next_us + int(after[0]) * length_us - start_us - int(before[-1]) * length_us
        if apart_us == length_us:
            step += (following.mean.flat[after[0]] - bins.mean.flat[before[-1]]) ** 2
            pairs += 1
    return Moments(nothing, nothing, np.zeros(1), step, pairs)
