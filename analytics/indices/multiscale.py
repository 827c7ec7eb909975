"""IS and IV averaged over bin lengths (ISm, IVm): no single bin length decides."""

from __future__ import annotations

import numpy as np

from analytics.days import DAY_US
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
from analytics.indices.scales import LENGTHS_MIN, bins_of_all_lengths, centred, lengths_for, shares
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
    day = _whole_days(timeline)
    if day is None:
        bins = [clock_bins(timeline, minutes) for minutes in lengths_for(timeline.epoch_s)]
        found = [(explained_share(b), step_share(b)) if len(b.mean) else (None, None) for b in bins]
        table = np.array([[np.nan if value is None else value for value in pair] for pair in found])
    else:
        level, _, largest = centred(day)
        each = [shares(bins, largest) for bins in bins_of_all_lengths(level, timeline.epoch_s)]
        table = np.array([[one.explained[0], one.stepped[0]] for one in each])
    stable, varying = table.mean(axis=0).tolist()
    return stable, varying


def _whole_days(timeline: Timeline) -> Values | None:
    """Activity by local day and clock epoch: (1, days, epochs); None where that is no regular table.

    That is so where the offset changes, and where epochs do not divide a day or two fall into one cell.
    """
    epoch_us = timeline.epoch_us
    if not len(timeline.t_us) or DAY_US % epoch_us or (timeline.offset_us != timeline.offset_us[0]).any():
        return None
    cell = timeline.local_us // epoch_us
    size = DAY_US // epoch_us
    first = cell[0] // size * size
    days = int((cell[-1] - first) // size) + 1
    if days * size > 4 * len(cell) + 8 * size or (np.diff(cell) == 0).any():
        return None
    table = np.full(days * size, np.nan)
    table[cell - first] = timeline.x
    return table.reshape(1, days, size)
