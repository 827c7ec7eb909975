"""The days before and after a treatment: levels of windows, and the other treatments that lie in them.

A level is the median of the answered days of a window. The endpoints ask whether pain is 0: a mean is 0 only
if every answer is, a median if most are; one flare, or one slip of the thumb, does not decide; and it stays
on the scale. A day without an answer is left out and never filled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from analytics.response.endpoints import Level
from analytics.response.rules import RULES, Rules

Values = NDArray[np.float64]
Days = NDArray[np.int64]


@dataclass(frozen=True)
class Daily:
    """A measure by days from the event, ascending; only days with a value."""

    t: Days  #: day - day of the event
    y: Values

    def between(self, first: int, last: int) -> Values:
        """The values of the days [first, last]."""
        low, high = np.searchsorted(self.t, [first, last + 1])
        return self.y[low:high]


@dataclass(frozen=True, slots=True)
class Window:
    """The level of a window, and what it rests on; `level` is None below the least number of days."""

    first: int
    last: int
    n: int  #: days with a value
    level: float | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was done."""

    id: int | str
    day: date
    kind: str
    technique: str | None = None


def daily(days: Sequence[date], values: Sequence[float | None] | Values, event: date) -> Daily:
    """A measure about an event; None and NaN are missing. Raises ValueError where a day comes twice."""
    t = np.array([(day - event).days for day in days], np.int64)
    y = np.array([np.nan if v is None else v for v in values], np.float64)
    order = np.argsort(t, kind="stable")
    t, y = t[order], y[order]
    if len(t) and (np.diff(t) == 0).any():
        raise ValueError("the same day twice: give one value for each day")
    known = np.isfinite(y)
    return Daily(t[known], y[known])


def baseline(series: Daily, rules: Rules = RULES) -> Window:
    """The window that ends the day before the event."""
    return _window(series, -rules.baseline_days, -1, rules)


def follow_up(series: Daily, day: int, rules: Rules = RULES) -> Window:
    """The window that ends on a day after the event."""
    return _window(series, day - rules.window_days + 1, day, rules)


def levels(pain: Window, ome: Window) -> Level:
    """The two levels that the endpoints ask for."""
    return Level(pain.level, ome.level)


def known_until(series: Daily, today: int, rules: Rules = RULES) -> int | None:
    """The last day in reach, not after `today`, whose window has enough values; None: no day has."""
    for day in range(min(today, rules.reach_days), rules.window_days - 1, -1):
        if follow_up(series, day, rules).level is not None:
            return day
    return None


def others(event: Event, events: Sequence[Event], rules: Rules = RULES) -> list[tuple[Event, int]]:
    """The other treatments from the first day of the baseline to the end of the reach, with their day.

    Whatever was done in the baseline, on the same day or before an assessment may have made the difference:
    it is told, and nothing is corrected for it.
    """
    found = [(one, (one.day - event.day).days) for one in events if one.id != event.id]
    near = [(one, day) for one, day in found if -rules.baseline_days <= day <= rules.reach_days]
    return sorted(near, key=lambda pair: (pair[1], str(pair[0].id)))


def earlier(event: Event, events: Sequence[Event], rules: Rules = RULES) -> list[tuple[Event, int]]:
    """The treatments before the baseline whose own follow-up still runs on the day of this one."""
    found = [(one, (one.day - event.day).days) for one in events if one.id != event.id]
    return sorted(
        [(one, day) for one, day in found if -rules.reach_days <= day < -rules.baseline_days],
        key=lambda pair: (pair[1], str(pair[0].id)),
    )


def _window(series: Daily, first: int, last: int, rules: Rules) -> Window:
    values = series.between(first, last)
    if len(values) < rules.least_days:
        where = "before it" if last < 0 else f"up to day {last}"
        known = f"{len(values)} of {last - first + 1} days {where}"
        why = f"too little data: {known}, {rules.least_days} are needed"
        return Window(first, last, len(values), None, why)
    return Window(first, last, len(values), float(np.median(values)), None)
