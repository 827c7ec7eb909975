"""Dates and times in the ways that export programs write them.

`2015-07-04`, `04/07/2015`, `4.7.2015`; `09:45`, `09:45:30`, `9:45:30 AM`. Whether the day or the month
comes first is seldom said. It is taken from the stamps themselves: in the wrong order dates do not exist,
or jump.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analytics.recordings.recording import NotARecording

DAY_FIRST, MONTH_FIRST = (2, 1, 0), (2, 0, 1)  #: where year, month and day stand
_YEAR_FIRST = (0, 1, 2)
_DATE = re.compile(r"(\d{1,4})[-/. ](\d{1,2})[-/. ](\d{1,4})\.?")
_TIME = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d{1,6}))?)?(?:\s*([AP])\.?M\.?)?", re.IGNORECASE)
Order = tuple[int, int, int]


def read_written(
    dates: Sequence[str], times: Sequence[str], name: str, order: Order | None = None
) -> NDArray[np.int64]:
    """Wall clocks [microseconds, as if they were UTC] of rows with a date and a time.

    Raises `NotARecording` for what is no stamp, and where both orders make sense and `order` is not given.
    """
    clock_us = np.array([_clock_us(time, name) for time in times], np.int64)
    written = sorted(set(dates))
    parts = {date: _parts(date, name) for date in written}
    if all(part[0] > 31 for part in parts.values()):
        orders: tuple[Order, ...] = (_YEAR_FIRST,)
    else:
        orders = (order,) if order else (DAY_FIRST, MONTH_FIRST)
    readings = []
    for way in orders:
        days = {date: _day_us(parts[date], way) for date in written}
        if None not in days.values():
            readings.append(np.array([days[date] for date in dates], np.int64) + clock_us)
    if not readings:
        raise NotARecording(
            f"{name} has a date that no calendar knows; mend it or export the recording again."
        )
    if len(readings) == 1 or np.array_equal(readings[0], readings[1]):
        return readings[0]
    span = [int(reading.max() - reading.min()) for reading in readings]
    if span[0] == span[1]:
        raise NotARecording(
            f"{name}: {written[0]} may be a day of two months; "
            "write the dates as year-month-day, like 2015-07-04."
        )
    return readings[int(np.argmin(span))]


def _clock_us(text: str, name: str) -> int:
    match = _TIME.fullmatch(text.strip())
    if match:
        hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
        if match[5] and 1 <= hour <= 12:
            hour = hour % 12 + (12 if match[5] in "Pp" else 0)
        if hour < 24 and minute < 60 and second < 60:
            return ((hour * 60 + minute) * 60 + second) * 1_000_000 + int((match[4] or "0").ljust(6, "0"))
    raise NotARecording(f"{name} has a time of day that is none; mend it or export the recording again.")


def _parts(text: str, name: str) -> tuple[int, int, int]:
    match = _DATE.fullmatch(text.strip())
    if not match:
        raise NotARecording(f"{name} has a date that is none; mend it or export the recording again.")
    return int(match[1]), int(match[2]), int(match[3])


def _day_us(parts: tuple[int, int, int], order: Order) -> int | None:
    year, month, day = (parts[at] for at in order)
    if year < 1900 or year > 2199:
        return None
    try:
        return int(np.datetime64(f"{year:04d}-{month:02d}-{day:02d}", "us").astype(np.int64))
    except ValueError:
        return None
