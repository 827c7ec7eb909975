"""A zone that changes to another zone at given instants: the clock of somebody who travels (pure).

It is a `tzinfo` like any other, so whatever takes a zone takes this too. Where a wall clock is shown twice,
`fold` 0 is the first and 1 the last time; where it is skipped, 0 counts on from before and 1 back from after
the jump (PEP 495). A wall clock that is shown three times has no name for the middle one: who wants the
instant of something keeps the instant.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANT = timedelta(microseconds=1)
_FARTHEST = timedelta(days=1)  #: no offset is longer


class Itinerary(tzinfo):
    """`zones[0]` holds before `changes[0]`, `zones[i]` from `changes[i - 1]` on."""

    def __init__(self, zones: Sequence[ZoneInfo], changes: Sequence[datetime]) -> None:
        self.zones = tuple(zones)
        self.changes = tuple(change.astimezone(UTC) for change in changes)
        if len(self.zones) != len(self.changes) + 1 or list(self.changes) != sorted(set(self.changes)):
            raise ValueError("an itinerary has one zone more than changes, and these in order")
        #: The instants at which the clock may jump [microseconds UTC], for `days.cut`.
        self.changes_us = tuple((change - _EPOCH) // _INSTANT for change in self.changes)

    def zone_at(self, at: datetime) -> ZoneInfo:
        """The zone at an instant."""
        return self.zones[bisect_right(self.changes, at)]

    def fromutc(self, when: datetime) -> datetime:
        """The wall clock of an instant."""
        utc = when.replace(tzinfo=UTC)
        wall = utc.astimezone(self.zone_at(utc)).replace(tzinfo=None, fold=0)
        first = self._there(wall).astimezone(UTC)
        return wall.replace(tzinfo=self, fold=int(first != utc))

    def utcoffset(self, when: datetime | None) -> timedelta | None:
        """Wall clock minus UTC."""
        return None if when is None else self._there(when).utcoffset()

    def dst(self, when: datetime | None) -> timedelta | None:
        """Summer time's share of the offset, there."""
        return None if when is None else self._there(when).dst()

    def tzname(self, when: datetime | None) -> str | None:
        """What the clock is called there: `CEST`."""
        return None if when is None else self._there(when).tzname()

    def names_between(self, start: datetime, end: datetime) -> str:
        """The zones in [start, end): `Europe/Rome, America/New_York from 2026-05-10T14:00:00+00:00`."""
        later = [
            f"{zone.key} from {change.isoformat()}"
            for zone, change in zip(self.zones[1:], self.changes, strict=True)
            if start < change < end
        ]
        return ", ".join([str(self.zone_at(start).key), *later])

    def _there(self, when: datetime) -> datetime:
        """A time in one of the zones that has the offset which `when` has; `when` itself if it is shown."""
        wall = when.replace(tzinfo=None, fold=0)
        about = wall.replace(tzinfo=UTC)
        low, high = (bisect_right(self.changes, about + far) for far in (-_FARTHEST, _FARTHEST))
        if low == high:
            return when.replace(tzinfo=self.zones[low])
        here = [
            there
            for zone in dict.fromkeys(self.zones[low : high + 1])
            for there in (wall.replace(tzinfo=zone), wall.replace(tzinfo=zone, fold=1))
            if self.zone_at(there.astimezone(UTC)) is zone
        ]
        if shown := [there for there in here if _is_shown(there)]:
            return (max if when.fold else min)(shown, key=lambda there: there.astimezone(UTC))
        for change in self.changes[low:high]:
            before = (change - _INSTANT).astimezone(self.zone_at(change - _INSTANT))
            after = change.astimezone(self.zone_at(change))
            if before.replace(tzinfo=None) < wall < after.replace(tzinfo=None):
                return after if when.fold else before
        # Skipped by the summer time of one zone: that zone knows.
        zone = here[0].tzinfo if here else self.zone_at(about)
        return when.replace(tzinfo=zone)


def with_stay(journey: Itinerary, zone: ZoneInfo, start: datetime, end: datetime | None) -> Itinerary:
    """The journey with `zone` in [start, end), for good where `end` is None; the rest stays as it was."""
    cuts = sorted({start, *journey.changes, *([end] if end else [])})
    zones, changes = [journey.zones[0]], []
    for cut in cuts:
        then = zone if start <= cut and (end is None or cut < end) else journey.zone_at(cut)
        if then.key != zones[-1].key:
            zones.append(then)
            changes.append(cut)
    return Itinerary(zones, changes)


def _is_shown(there: datetime) -> bool:
    """Whether the wall clock comes at all in its zone."""
    return there.astimezone(UTC).astimezone(there.tzinfo).replace(tzinfo=None, fold=0) == there.replace(
        tzinfo=None, fold=0
    )
