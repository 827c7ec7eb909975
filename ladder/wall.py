"""What a time on the ward's clock is as an instant, also on the two days a year when the clock is changed.

A time on the clock means **the first instant at which the clock shows it or a later one**. So what would
begin in the hour that is skipped begins when the clock jumps; what would begin in the hour that comes twice
begins the first time; and while that hour is repeated whoever is on duty stays. Times keep their order, so a
turn that ends when another begins leaves neither a gap nor an overlap on any day. RFC 5545 (3.3.5) takes the
first of two as well, but moves a skipped time by the length of the jump: a turn could end before it begins.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

MINUTES_A_DAY = 1440
_SECOND = timedelta(seconds=1)


@lru_cache(8192)  # a rota is asked for the same few days all the time
def first_shown(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """The first instant [UTC] at which the clock of `zone` shows `minute` [0 to 1440] of `day`, or later."""
    return first_shown_at(
        datetime(day.year, day.month, day.day) + timedelta(minutes=minute),  # noqa: DTZ001  a wall clock
        zone,
    )


def first_shown_at(wall: datetime, zone: ZoneInfo) -> datetime:
    """The same of a date and time without a zone."""
    candidates = [wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    low, high = min(candidates), max(candidates)
    if low == high or _shown(low, zone) == wall:
        return low
    # Skipped: the clock jumps between the two, from below `wall` to above it.
    while high - low > _SECOND:
        middle = low + (high - low) // 2 // _SECOND * _SECOND
        if _shown(middle, zone) < wall:
            low = middle
        else:
            high = middle
    return high


def _shown(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None, fold=0)
