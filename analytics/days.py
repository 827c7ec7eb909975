"""Local days and local clocks: the one place that cuts time into a patient's days.

Instants are int64 microseconds since the Unix epoch (UTC). A local day runs from one local midnight to
the next, so it has 23, 24 or 25 hours; where the clock skips midnight it starts at the first instant after
the jump, where midnight comes twice at the second one. Pure: no clock, no database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

import numpy as np
from numpy.typing import NDArray

Micros = NDArray[np.int64]
Dates = NDArray[np.datetime64]

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 3600 * SECOND_US
DAY_US = 24 * HOUR_US
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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
    """Every offset that `zone` has from `first_us` to `last_us`, with the instant of each change.

    The interval is sounded once a day and each change is then found by halving: no zone has ever
    changed twice within a day.
    """
    starts, held = [first_us], [_offset_at(first_us, zone)]
    low = first_us
    while low < last_us:
        high = min(low + DAY_US, last_us)
        offset = _offset_at(high, zone)
        if offset != held[-1]:
            starts.append(_change_between(low, high, zone))
            held.append(offset)
        low = high
    return Offsets(np.array(starts, np.int64), np.array(held, np.int64))


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
    wall = local_us(np.array([t_us.min(), t_us.max()]), zone).astype("datetime64[us]").astype("datetime64[D]")
    days = np.arange(wall.min() - 1, wall.max() + 2)
    starts = np.array([_day_start(day, zone) for day in days.tolist()], np.int64)
    return np.asarray(days[np.searchsorted(starts, t_us, side="right") - 1])


def day_bounds(day: date, zone: tzinfo) -> tuple[int, int]:
    """First instant of a local day and of the next one [microseconds UTC]; half-open."""
    return _day_start(day, zone), _day_start(day + timedelta(days=1), zone)


def noon_us(day: date, zone: tzinfo) -> int:
    """The instant of local noon of a day [microseconds UTC]."""
    return _instant(datetime(day.year, day.month, day.day, 12, tzinfo=zone))


def hours_in(day: date, zone: tzinfo) -> float:
    """Length of a local day [h]; 24 but for days on which the clock changes."""
    start, end = day_bounds(day, zone)
    return (end - start) / HOUR_US


def _day_start(day: date, zone: tzinfo) -> int:
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    later = _instant(midnight.replace(fold=1))
    # fold=1 is the second of two midnights; for a midnight that the clock skips it would lie before
    # the jump, and fold=0 is then the instant of the jump itself (PEP 495).
    skipped = (_EPOCH + timedelta(microseconds=later)).astimezone(zone).replace(
        tzinfo=None
    ) != midnight.replace(tzinfo=None)
    return _instant(midnight) if skipped else later


def _instant(local: datetime) -> int:
    offset = local.utcoffset() or timedelta()
    return _micros(local.replace(tzinfo=UTC, fold=0) - _EPOCH) - _micros(offset)


def _offset_at(t_us: int, zone: tzinfo) -> int:
    offset = (_EPOCH + timedelta(microseconds=t_us)).astimezone(zone).utcoffset()
    return _micros(offset or timedelta())


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
