"""IS and IV averaged over bin lengths (ISm, IVm): no single bin length decides."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.days import MINUTE_US, Micros
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
from analytics.indices.rows import Rows, rows_of
from analytics.indices.scales import (
    LENGTHS_MIN,
    Bins,
    Moments,
    bins_of_all_lengths,
    lengths_for,
    moments,
    shares_of,
)
from analytics.indices.timeline import Timeline, Values

FAR = 0.999_999  #: of the sum of squares in the mean alone: the rest is too small to be told from rounding
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
    spans="recording, 28 days, 7 days",
)
IVM = Definition(
    name="IVm",
    unit="1",
    meaning="Mean of IV over the bin lengths of ISm.",
    missing=_MISSING,
    needs="at each length what IV needs",
    source=_SOURCE,
    spans="recording, 28 days, 7 days",
)


def over_bin_lengths(timeline: Timeline, hours: ClockBins) -> list[Index]:
    """`ISm` and `IVm` [1]; `hours` are the 60 min bins of the same timeline."""
    return averaged(_quotients(timeline), timeline.epoch_s, hours)


def averaged(quotients: tuple[float, float], epoch_s: float, hours: ClockBins) -> list[Index]:
    """`ISm` and `IVm` from the mean quotients over all lengths, NaN where one of them cannot be given."""
    if not lengths_for(epoch_s):
        why = f"epochs of {epoch_s:g} s fit into no bin of the list"
        return [ISM.absent(why), IVM.absent(why)]
    stable, varying = quotients
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
    if not lengths_for(timeline.epoch_s):
        return np.nan, np.nan
    rows = rows_of(timeline)
    if rows is not None:
        return quotients_of(rows, moments_of(rows, centred=True), 0, len(rows.x))
    stable, varying = np.array(_one_by_one(timeline)).mean(axis=0).tolist()
    return stable, varying


def _one_by_one(timeline: Timeline) -> list[tuple[float, float]]:
    found = []
    for minutes in lengths_for(timeline.epoch_s):
        bins = clock_bins(timeline, minutes)
        pair = (explained_share(bins), step_share(bins)) if len(bins.mean) else (None, None)
        found.append((np.nan if pair[0] is None else pair[0], np.nan if pair[1] is None else pair[1]))
    return found


class RowMoments(NamedTuple):
    """Sums over the bins of every length, of each row; those of neighbouring rows may be added."""

    first: NDArray[np.int64]  #: (lengths,) where the bins of each length begin
    of_clock: Values  #: (rows, bins of all lengths) means
    n_clock: Values  #: how many
    squares: Values  #: (rows, lengths) of means
    step_squares: Values  #: of steps within the row
    pairs: Values  #: of neighbours within the row
    into_squares: Values  #: of the step from the row before into this one
    into: Values  #: whether there is one
    largest: Values  #: (rows,) of |x|
    centred: bool


def moments_of(rows: Rows, *, centred: bool) -> RowMoments:
    """The moments of rows whose epochs fit at least one length: of the activity around its mean over all
    rows, or as it is. Then what a day adds does not depend on the other days."""
    known = ~np.isnan(rows.x)
    mean = rows.x[known].mean() if centred and known.any() else 0.0
    largest = np.abs(np.where(known, rows.x, 0.0)).max(axis=1)
    own: list[Moments] = []
    into: list[tuple[Values, Values]] = []
    for bins in bins_of_all_lengths((rows.x - mean)[:, None], rows.epoch_s):
        own.append(moments(bins))
        into.append(_into(rows.start_us, bins))
    return RowMoments(
        first=np.cumsum([0, *(part.of_clock.shape[1] for part in own[:-1])]),
        of_clock=np.concatenate([part.of_clock for part in own], axis=1),
        n_clock=np.concatenate([part.n_clock for part in own], axis=1),
        squares=np.stack([part.squares for part in own], axis=1),
        step_squares=np.stack([part.step_squares for part in own], axis=1),
        pairs=np.stack([part.pairs for part in own], axis=1),
        into_squares=np.stack([squares for squares, _ in into], axis=1),
        into=np.stack([there for _, there in into], axis=1),
        largest=largest,
        centred=centred,
    )


def quotients_of(rows: Rows, sums: RowMoments, low: int, high: int) -> tuple[float, float]:
    """Mean quotients behind IS and IV over all lengths, of the rows from `low` to `high`."""
    if low >= high:
        return np.nan, np.nan
    part = slice(low, high)
    of_clock, n_clock = sums.of_clock[part].sum(axis=0), sums.n_clock[part].sum(axis=0)
    total, n = np.add.reduceat(of_clock, sums.first), np.add.reduceat(n_clock, sums.first)
    squares = sums.squares[part].sum(axis=0)
    if not sums.centred and (squares * FAR < total**2 / np.maximum(n, 1)).any():
        own = replace(rows, start_us=rows.start_us[part], day=rows.day[part], x=rows.x[part])
        return quotients_of(own, moments_of(own, centred=True), 0, high - low)
    found = shares_of(
        n,
        total,
        squares,
        np.add.reduceat(of_clock**2 / np.maximum(n_clock, 1), sums.first),
        sums.step_squares[part].sum(axis=0) + sums.into_squares[low + 1 : high].sum(axis=0),
        sums.pairs[part].sum(axis=0) + sums.into[low + 1 : high].sum(axis=0),
        sums.largest[part].max(),
    )
    return float(found.explained.mean()), float(found.stepped.mean())


def _into(start_us: Micros, bins: Bins) -> tuple[Values, Values]:
    """Squared step from the last bin of the row before into each row's first, and 1 or 0: is there one?"""
    mean, counts = bins.mean[:, 0], bins.counts[:, 0]
    row, length_us = np.arange(len(mean)), bins.minutes * MINUTE_US
    first, last = counts.argmax(axis=1), counts.shape[1] - 1 - counts[:, ::-1].argmax(axis=1)
    some = counts[row, first] > 0
    apart_us = (start_us + first * length_us)[1:] - (start_us + last * length_us)[:-1]
    next_to = some[1:] & some[:-1] & (apart_us == length_us)
    step = np.where(next_to, mean[row, first][1:] - mean[row, last][:-1], 0.0)
    return np.append(0.0, step**2), np.append(0.0, next_to)
