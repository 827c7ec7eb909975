"""The one place that cuts time into a person's local days.

A local day begins when the clock shows its date or a later one for good, and ends where the next begins: no
instant belongs to two days, or to none. It has 23, 24 or 25 hours; more or less where its person travels, and
none at all where the clock skips the whole date. Where the clock goes back over midnight, the minutes before
belong to the day that goes on. Why: docs/decisions/0018-travel.md.

Any `tzinfo` will do: a zone, the offsets in a file, an itinerary. Instants are microseconds since the Unix
epoch (UTC). Pure: no clock, no database. The same rule in SQL: `store/zones.py`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import pairwise

DAY_US = 24 * 3600 * 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = _EPOCH.toordinal()


def day_of(at: datetime, zone: tzinfo) -> date:
    """The local day of an instant."""
    # No offset reaches a day, so a local day begins less than a day before or after its midnight in UTC.
    utc, t_us = at.astimezone(UTC).date(), _micros(at - _EPOCH)
    day = utc + timedelta(days=1)
    while t_us < for_good(midnight_us(day), zone):
        day -= timedelta(days=1)
    return day


def day_start(day: date, zone: tzinfo) -> datetime:
    """The first instant of a local day, in UTC."""
    return _EPOCH + timedelta(microseconds=for_good(midnight_us(day), zone))


def midnight_us(day: date) -> int:
    """Midnight of a date as a wall clock shows it, as if that wall clock were UTC."""
    return (day.toordinal() - _EPOCH_DAY) * DAY_US


@lru_cache(4096)  # each day of a patient is asked for a dozen times, as day, night and window
def for_good(wall_us: int, zone: tzinfo) -> int:
    """The first instant from which on the clock never again shows less than `wall_us`."""
    low, high = wall_us - DAY_US, wall_us + DAY_US  # no offset reaches a day
    found = low
    for (start, offset), (end, _) in pairwise([*offset_pieces(low, high, zone), (high, 0)]):
        if start + offset < wall_us:
            found = min(end, wall_us - offset)
    return found


def offset_pieces(first_us: int, last_us: int, zone: tzinfo) -> list[tuple[int, int]]:
    """(from when, wall clock minus UTC), of every offset from `first_us` to `last_us`.

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
