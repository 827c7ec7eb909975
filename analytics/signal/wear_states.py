"""Four things that a device can be: worn, not worn, off, or without data and nobody knows why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from analytics.days import DAY_US, MINUTE_US, SECOND_US, Micros

FLAT_PCT = 5.0  #: a battery that said so little before a silence is taken for its reason
STALE_US = DAY_US  #: a word on the battery that is older says nothing of a silence
#: A device tells that it started with its first status, which it sends when it is connected: a little after
#: its first data.
FIRST_WORD_US = 10 * MINUTE_US
JITTER_US = SECOND_US  #: a shorter hole between epochs is rounding, and no silence


class WearState(IntEnum):
    """What is known of a stretch of time of one device. Of several devices the lowest number speaks."""

    WORN = 1  #: data came, and it was on the body as far as one can tell
    NOT_WORN = 2  #: data came, and it was not on the body
    OFF = 3  #: nothing was measured: the battery was empty, or the device starts anew afterwards
    NO_DATA = 4  #: nothing came, and nothing says why: it may still come

    @property
    def word(self) -> str:
        """As tables, views and the API say it."""
        return self.name.lower()


SILENT = (WearState.OFF, WearState.NO_DATA)


@dataclass(frozen=True)
class WearRuns:
    """What one device was: `state[i]` in [start_us[i], end_us[i]), rising, neighbours differ."""

    start_us: Micros
    end_us: Micros
    state: NDArray[np.int8]

    def between(self, start_us: int, end_us: int) -> WearRuns:
        """What of it lies in [start, end)."""
        starts, ends = np.maximum(self.start_us, start_us), np.minimum(self.end_us, end_us)
        inside = starts < ends
        return WearRuns(starts[inside], ends[inside], self.state[inside])


def wear_runs(
    begin_us: int,
    end_us: int,
    t_us: Micros,
    length_us: Micros,
    worn: NDArray[np.bool_],
    battery_us: Micros,
    battery_pct: NDArray[np.float64],
    started_us: Micros,
) -> WearRuns:
    """What a device was in [begin, end), without a hole.

    A silence is OFF when the last word on the battery, not older than a day at its beginning, was
    `FLAT_PCT` or less, or when the device started in it or said so within ten minutes after it. A silence of
    minutes that are still on the device looks like NO_DATA, and turns when they arrive. Where epochs of one
    device overlap, worn goes before not worn.

    Parameters
    ----------
    begin_us, end_us : int
        Silences that reach these bounds are taken for whole: they begin and end there. [microseconds UTC]
    t_us, length_us, worn : (n,) arrays
        Epochs that arrived, in any order, of any lengths; was the device worn, by its word or a wear rule?
    battery_us, battery_pct : (m,) arrays
        Words on the battery, rising in time; NaN is no word. [microseconds UTC, percent]
    started_us : (k,) array
        When the device said that it had started.
    """
    starts, ends = np.maximum(t_us, begin_us), np.minimum(t_us + length_us, end_us)
    inside = starts < ends
    starts, ends, worn = starts[inside], ends[inside], worn[inside]
    edges = np.unique(np.concatenate((starts, ends, [begin_us, max(begin_us, end_us)])))
    states = np.full(len(edges) - 1, WearState.NO_DATA, np.int8)
    states[_covered(edges, starts, ends)] = WearState.NOT_WORN
    states[_covered(edges, starts[worn], ends[worn])] = WearState.WORN
    for hole in np.flatnonzero((states == WearState.NO_DATA) & (np.diff(edges) <= JITTER_US)):
        states[hole] = states[hole - 1] if hole else states[min(1, len(states) - 1)]
    first = np.flatnonzero(np.diff(states, prepend=0))
    runs = WearRuns(edges[first], edges[np.append(first[1:], len(edges) - 1)], states[first])
    return _with_reasons(runs, battery_us, battery_pct, np.sort(started_us))


def time_in_states(devices: Sequence[WearRuns], start_us: int, end_us: int) -> Micros:
    """(5,) time in each `WearState` within [start, end), by its number [microseconds].

    Where several devices were there at once the best word counts: worn before not worn before off before
    without data. Time of which nobody says anything is in none.
    """
    parts = [runs.between(start_us, end_us) for runs in devices]
    edges = np.unique(
        np.concatenate([np.zeros(0, np.int64), *(x for p in parts for x in (p.start_us, p.end_us))])
    )
    best = np.full(max(0, len(edges) - 1), 5, np.int64)
    for part in parts:
        for state in WearState:
            own = part.state == state
            held = _covered(edges, part.start_us[own], part.end_us[own])
            best[held] = np.minimum(best[held], state)
    return np.bincount(best, np.diff(edges), minlength=6)[:5].astype(np.int64)


def _covered(edges: Micros, starts: Micros, ends: Micros) -> NDArray[np.bool_]:
    """(len(edges) - 1,) Which stretches between neighbouring edges lie in one of these, which may overlap."""
    steps = np.zeros(len(edges), np.int64)
    np.add.at(steps, np.searchsorted(edges, starts), 1)
    np.subtract.at(steps, np.searchsorted(edges, ends), 1)
    return np.cumsum(steps)[:-1] > 0


def _with_reasons(
    runs: WearRuns, battery_us: Micros, battery_pct: NDArray[np.float64], started_us: Micros
) -> WearRuns:
    """The same runs, silences OFF where something says so."""
    said = ~np.isnan(battery_pct)
    battery_us, battery_pct = battery_us[said], battery_pct[said]
    states = runs.state.copy()
    for i in np.flatnonzero(runs.state == WearState.NO_DATA):
        begin_us, end_us = int(runs.start_us[i]), int(runs.end_us[i])
        last = int(np.searchsorted(battery_us, begin_us + MINUTE_US, side="right")) - 1
        flat = last >= 0 and battery_pct[last] <= FLAT_PCT and begin_us - battery_us[last] <= STALE_US
        low, high = np.searchsorted(started_us, [begin_us, end_us + FIRST_WORD_US])
        if flat or high > low:
            states[i] = WearState.OFF
    return WearRuns(runs.start_us, runs.end_us, states)
