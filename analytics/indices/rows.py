"""A timeline as a table: a row for each local day, a column for each epoch of the wall clock.

A day on which the clock changes has a row for each offset, so that within a row time and clock run alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np

from analytics.days import DAY_US, Dates, Micros, local_day_of
from analytics.indices.timeline import Timeline, Values


@dataclass(frozen=True)
class Rows:
    """Rows in the order of time."""

    start_us: Micros  #: (rows,) the instant of the row's nominal 00:00
    day: Dates  #: (rows,) the local day that it is of
    x: Values  #: (rows, epochs of a day); NaN is missing, or of another offset
    epoch_s: float
    phase_us: int | None  #: of every epoch within its cell; None: it varies

    def places(self, first: date, last: date) -> tuple[int, int]:
        """From where to where the rows of these local days lie, both days included."""
        days = np.array([first, last], "datetime64[D]") + np.array([0, 1])
        low, high = np.searchsorted(self.day, days).tolist()
        return low, high


def rows_of(timeline: Timeline) -> Rows | None:
    """None where there are no epochs, where they fit no table, or where a few would fill a huge one."""
    epoch_us = timeline.epoch_us
    if not len(timeline.t_us) or DAY_US % epoch_us:
        return None
    size = DAY_US // epoch_us
    cell, phase = np.divmod(timeline.local_us, epoch_us)
    cuts = np.flatnonzero(np.diff(timeline.offset_us)) + 1
    tables, starts, firsts = [], [], []
    for low, high in pairwise([0, *cuts.tolist(), len(cell)]):
        own = cell[low:high]
        begin = int(own[0]) // size * size
        days = (int(own[-1]) - begin) // size + 1
        if days * size > 4 * len(own) + 8 * size or (np.diff(own) == 0).any():
            return None
        table = np.full(days * size, np.nan)
        table[own - begin] = timeline.x[low:high]
        tables.append(table.reshape(days, size))
        starts.append((begin + np.arange(days) * size) * epoch_us - timeline.offset_us[low])
        # Any instant of the row tells its day; the nominal 00:00 may lie before a change of the clock.
        firsts.append(np.maximum(starts[-1], timeline.t_us[low]))
    same = bool((phase == phase[0]).all())
    return Rows(
        np.concatenate(starts),
        local_day_of(np.concatenate(firsts), timeline.zone),
        np.concatenate(tables),
        timeline.epoch_s,
        int(phase[0]) if same else None,
    )
