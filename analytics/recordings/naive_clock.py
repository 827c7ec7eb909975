"""The clock of a device that names no zone, as whole microseconds since 1970 as if it were UTC."""

from __future__ import annotations

from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from analytics.recordings.stamps import instants_of_wall

Whole = NDArray[np.integer[Any]]


def clock_us(
    year: Whole, month: Whole, day: Whole, hour: Whole, minute: Whole, second: Whole
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Clocks of calendar fields, and which of them a calendar knows; the others mean nothing."""
    months = (year.astype(np.int64) - 1970) * 12 + month.astype(np.int64) - 1
    first = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    length = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) - first
    known = (month >= 1) & (month <= 12) & (day >= 1) & (day <= length)
    known &= (hour < 24) & (minute < 60) & (second < 60)
    hours = (first + day.astype(np.int64) - 1) * 24 + hour.astype(np.int64)
    seconds = (hours * 60 + minute.astype(np.int64)) * 60 + second.astype(np.int64)
    return seconds * 1_000_000, known


def instant_shift(first_us: int, tz: str | None) -> tuple[int, str | None, tzinfo]:
    """What makes instants of the stamps of a clock that names no zone, and the zone of the days.

    Such a clock was set to the wall clock of `tz` and then ran on: it knows no summer time. So the offset
    that the zone has at the first stamp holds for the whole recording [microseconds]. Without `tz` the
    stamps are kept as if they were UTC.
    """
    if tz is None:
        return 0, None, UTC
    zone = ZoneInfo(tz)
    return int(instants_of_wall(np.array([first_us], np.int64), zone)[0]) - first_us, tz, zone


def written(t_us: int) -> str:
    """A device's clock to the second, for a sentence."""
    return str(np.datetime64(int(t_us), "us").astype("datetime64[s]"))
