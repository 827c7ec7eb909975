"""A reference calendar that knows nothing of ours: the ward's clock is read once a minute, and whoever the wall
says is on duty then is. A clock that is set back stands still in it until it shows a later time again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from ladder.plan import Holiday, Plan

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
NEVER = datetime.fromisoformat("0001-01-01")


def minutes(
    zone: ZoneInfo, start: datetime, count: int, step: timedelta = MINUTE
) -> Iterator[tuple[datetime, datetime]]:
    """(instant, latest time that the clock has shown), a step apart; seen from a day before on."""
    latest = NEVER
    at = start - DAY
    while at < start + count * MINUTE:
        latest = max(latest, at.astimezone(zone).replace(tzinfo=None, fold=0))
        if at >= start:
            yield at, latest
        at += step


def on_the_wall(plan: Plan, role: str, wall: datetime) -> set[str]:
    """Who is on duty when the wall shows that."""
    found = set()
    for begins in (wall.date() - DAY, wall.date()):
        holiday: Holiday | None = next((one for one in plan.holidays if one.day == begins), None)
        weekday = begins.weekday() + 1
        shifts = [shift for shift in plan.role(role).shifts if weekday in shift.days]
        if holiday is not None:
            shifts = [shift for shift in plan.role(role).shifts if holiday.like in shift.days]
            shifts = [shift for whose, shift in holiday.shifts if whose == role] or shifts
        midnight = datetime.fromisoformat(begins.isoformat())
        for shift in shifts:
            start = midnight + shift.start * MINUTE
            end = midnight + shift.end * MINUTE
            if start <= wall < (end if end > start else end + DAY):
                found |= set(shift.persons)
    swaps = [one for one in plan.swaps if one.role == role and one.start <= wall < one.end]
    for swap in swaps:
        if swap.instead_of is None:
            return set(swap.persons)
    gone = {one.instead_of for one in swaps} & found
    return found - gone | {new for one in swaps if one.instead_of in gone for new in one.persons}


@cache
def changes_of_clock(zone: ZoneInfo, year: int) -> list[datetime]:
    """The hours of a year [UTC] in which the clock was changed."""
    hours = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(hours=h) for h in range(366 * 24)]
    offsets = [at.astimezone(zone).utcoffset() for at in hours]
    return [hours[i] for i in range(1, len(hours)) if offsets[i] != offsets[i - 1]]
