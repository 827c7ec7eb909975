"""Local days and local clocks: the one place that cuts time into a patient's days.

Instants are int64 microseconds since the Unix epoch (UTC). A local day begins when the clock shows its date
or a later one for good, and ends where the next begins: no instant belongs to two days, or to none. It has
23, 24 or 25 hours; more or less where its person travels, and none at all where the clock skips the whole
date. Where the clock goes back over midnight, the minutes before belong to the day that goes on. Any `tzinfo`
will do: a zone, the offsets in a file, an itinerary. Why: docs/decisions/0018-travel.md. Pure: no clock, no
database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Micros = NDArray[np.int64]
Dates = NDArray[np.datetime64]

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 3600 * SECOND_US
DAY_US = 24 * HOUR_US
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = _EPOCH.toordinal()


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
    pieces = _pieces(first_us, last_us, zone)
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
    starts = np.array([_for_good(_midnight_us(day), zone) for day in days.tolist()], np.int64)
    return np.asarray(days[np.searchsorted(starts, t_us, side="right") - 1])


def day_of(at: datetime, zone: tzinfo) -> date:
    """The local day of one instant."""
    day: date = local_day_of(np.array([_micros(at - _EPOCH)]), zone).tolist()[0]
    return day


def day_bounds(day: date, zone: tzinfo) -> tuple[int, int]:
    """First instant of a local day and of the next one [microseconds UTC]; half-open."""
    midnight = _midnight_us(day)
    return _for_good(midnight, zone), _for_good(midnight + DAY_US, zone)


def day_start(day: date, zone: tzinfo) -> datetime:
    """The first instant of a local day, in UTC."""
    return _EPOCH + timedelta(microseconds=_for_good(_midnight_us(day), zone))


def noon_us(day: date, zone: tzinfo) -> int:
    """The instant from which on it is past local noon of a day for good [microseconds UTC]."""
    return _for_good(_midnight_us(day) + DAY_US // 2, zone)


def hours_in(day: date, zone: tzinfo) -> float:
    """Length of a local day [h]; 24 but for days on which the clock changes or the person travels."""
    start, end = day_bounds(day, zone)
    return (end - start) / HOUR_US


@lru_cache(4096)  # each day of a patient is asked for a dozen times, as day, night and window
def _for_good(wall_us: int, zone: tzinfo) -> int:
    """The first instant from which on the clock never again shows less than `wall_us`."""
    low, high = wall_us - DAY_US, wall_us + DAY_US  # no offset reaches a day
    pieces = _pieces(low, high, zone)
    found = low
    for (start, offset), (end, _) in pairwise([*pieces, (high, 0)]):
        if start + offset < wall_us:
            found = min(end, wall_us - offset)
    return found


def _pieces(first_us: int, last_us: int, zone: tzinfo) -> list[tuple[int, int]]:
    """(from when, offset), of every offset from `first_us` to `last_us`.

    A zone is sounded once a day and each change is then found by halving: no zone has ever changed twice
    within a day. What can change more often, as an itinerary does, says when: `changes_us`.
    """
    found = [(first_us, _offset_at(first_us, zone))]
    said = [at for at in getattr(zone, "changes_us", ()) if first_us < at <= last_us]
    for begin, end in pairwise([first_us, *said, last_us + 1]):
        if begin != first_us and (offset := _offset_at(begin, zone)) != found[-1][1]:
            found.append((begin, offset))
        low = begin
        while low < end - 1:
            high = min(low + DAY_US, end - 1)
            if (offset := _offset_at(high, zone)) != found[-1][1]:
                found.append((_change_between(low, high, zone), offset))
            low = high
    return found


def _midnight_us(day: date) -> int:
    """Midnight of a date as a wall clock shows it, as if that wall clock were UTC."""
    return (day.toordinal() - _EPOCH_DAY) * DAY_US


def _offset_at(t_us: int, zone: tzinfo) -> int:
    # Not `utcoffset` of the local time: a wall clock that comes three times has only two names.
    utc = _EPOCH + timedelta(microseconds=t_us)
    return _micros(utc.astimezone(zone).replace(tzinfo=UTC, fold=0) - utc)


def _change_between(low: int, high: int, zone: tzinfo) -> int:
    before = _offset_at(low, zone)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset_at(middle, zone) == before:
            low = middle
        else:
            high = middle
    return high


def _micros(span: timedelta) -> int:
    return span // timedelta(microseconds=1)
