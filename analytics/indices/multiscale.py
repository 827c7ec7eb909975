"""IS and IV averaged over bin lengths (ISm, IVm): no single bin length decides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.days import DAY_US
from analytics.indices.clock_bins import MINUTE_US, ClockBins
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
from analytics.indices.scales import LENGTHS_MIN, lengths_for
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
    found = []
    for bins in bins_of_all_lengths(timeline):
        if not len(bins.mean):
            return float("nan"), float("nan")
        found.append((explained_share(bins), step_share(bins)))
    table = np.array([[np.nan if value is None else value for value in pair] for pair in found])
    stable, varying = table.mean(axis=0).tolist()
    return stable, varying


class _Pieces(NamedTuple):
    """Bins before it is asked which of them count, in order of time."""

    number: NDArray[np.int64]  #: of the bin on the local clock, since 1970
    offset_us: NDArray[np.int64]  #: a change of offset inside a bin makes two
    total: Values
    valid: NDArray[np.int64]  #: epochs


def bins_of_all_lengths(timeline: Timeline) -> Iterator[ClockBins]:
    """What `clock_bins` gives for each length that the epoch allows; long bins are made of short ones."""
    known = ~np.isnan(timeline.x)
    offset, one = timeline.offset_us[known], np.ones(int(known.sum()), np.int64)
    epochs = _Pieces(timeline.local_us[known] // MINUTE_US, offset, timeline.x[known], one)
    made: dict[int, _Pieces] = {}
    for minutes in lengths_for(timeline.epoch_s):
        base = max((m for m in made if minutes % m == 0), default=0)
        made[minutes] = _put_together(made[base], minutes // base) if base else _put_together(epochs, minutes)
        number, offset, total, valid = made[minutes]
        length_us = minutes * MINUTE_US
        counts = valid * timeline.epoch_us * 2 >= length_us
        start_us = number[counts] * length_us - offset[counts]
        clock = number[counts] % (DAY_US // length_us)
        yield ClockBins(start_us, clock, total[counts] / valid[counts], length_us)


def _put_together(pieces: _Pieces, ratio: int) -> _Pieces:
    if not len(pieces.number):
        return pieces
    number = pieces.number // ratio
    new = (np.diff(number) != 0) | (np.diff(pieces.offset_us) != 0)
    first = np.flatnonzero(np.r_[True, new])
    total, valid = np.add.reduceat(pieces.total, first), np.add.reduceat(pieces.valid, first)
    return _Pieces(number[first], pieces.offset_us[first], total, valid)
