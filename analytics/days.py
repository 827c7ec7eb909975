"""Local days and local clocks of many instants at once; where a day begins: `days/cut.py`.

Instants are int64 microseconds since the Unix epoch (UTC). Any `tzinfo` will do as a zone. Pure: no clock, no
database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, tzinfo

import numpy as np
from numpy.typing import NDArray

from days.cut import for_good, midnight_us, offset_pieces

Micros = NDArray[np.int64]
Dates = NDArray[np.datetime64]

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 3600 * SECOND_US
DAY_US = 24 * HOUR_US


@dataclass(frozen=True)
class Offsets:
    """The offsets of a zone over an interval: `offset_us[i]` holds from `start_us[i]` to the next start."""

    start_us: Micros
    offset_us: Micros

    def at(self, t_us: Micros) -> Micros:
        """Local wall clock minus UTC at each instant [microseconds]."""
        held = np.searchsorted(self.start_us, t_us, side="right") - 1
        return self.offset_us[np.maximum(held, 0)]


def offsets_between(first_us: int, last_us: int, zone: tzinfo) -> Offsets:
    """Every offset that `zone` has from `first_us` to `last_us`, with the instant of each change."""
    pieces = offset_pieces(first_us, last_us, zone)
    return Offsets(np.array([p[0] for p in pieces], np.int64), np.array([p[1] for p in pieces], np.int64))


def local_us(t_us: Micros, zone: tzinfo) -> Micros:
    """The nominal wall clock of each instant, in microseconds as if that wall clock were UTC."""
    if not len(t_us):
        return t_us.astype(np.int64)
    return t_us + offsets_between(int(t_us.min()), int(t_us.max()), zone).at(t_us)


def local_clock_s(t_us: Micros, zone: tzinfo) -> NDArray[np.float64]:
    """Seconds since nominal local midnight, 0 to 86400 exclusive; what a wall clock shows."""
    return (local_us(t_us, zone) % DAY_US) / SECOND_US


def local_day_of(t_us: Micros, zone: tzinfo) -> Dates:
    """The local day of each instant, as datetime64[D]; agrees with `day_bounds` everywhere."""
    if not len(t_us):
        return np.zeros(0, "datetime64[D]")
    # No offset reaches a day, so a local day begins less than a day before or after its midnight in UTC.
    utc = np.array([t_us.min(), t_us.max()]).astype("datetime64[us]").astype("datetime64[D]")
    days = np.arange(utc[0] - 1, utc[1] + 2)
    starts = np.array([for_good(midnight_us(day), zone) for day in days.tolist()], np.int64)
    return np.asarray(days[np.searchsorted(starts, t_us, side="right") - 1])


def day_bounds(day: date, zone: tzinfo) -> tuple[int, int]:
    """First instant of a local day and of the next one [microseconds UTC]; half-open."""
    midnight = midnight_us(day)
    return for_good(midnight, zone), for_good(midnight + DAY_US, zone)


def noon_us(day: date, zone: tzinfo) -> int:
    """The instant from which on it is past local noon of a day for good [microseconds UTC]."""
    return for_good(midnight_us(day) + DAY_US // 2, zone)


def hours_in(day: date, zone: tzinfo) -> float:
    """Length of a local day [h]; 24 but for days on which the clock changes or the person travels."""
    start, end = day_bounds(day, zone)
    return (end - start) / HOUR_US
