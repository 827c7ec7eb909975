"""A rota as people read it: who is on duty now and until when, and day by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ladder.plan import Plan
from ladder.rota import Stretch, stretches
from ladder.wall import first_shown

LOOKS_AHEAD = timedelta(days=15)


@dataclass(frozen=True, slots=True)
class Duty:
    """One role at an instant."""

    role: str  #: its name
    persons: tuple[str, ...]  #: names; empty: nobody
    until: datetime | None  #: None: for the next 15 days at least
    then: tuple[Stretch, ...]  #: what comes next, persons by name


@dataclass(frozen=True, slots=True)
class Held:
    """A part of a day, on the ward's clock: `07:00` to `24:00`."""

    start: str
    end: str
    persons: tuple[str, ...]  #: names; empty: nobody


@dataclass(frozen=True, slots=True)
class DayOfDuty:
    """One date of the ward; `held` goes with the plan's roles."""

    day: date
    holiday: str | None
    held: tuple[tuple[Held, ...], ...]


def duty_at(plan: Plan, at: datetime, then: int = 1) -> list[Duty]:
    """Each role of the plan at an instant, with so many hand-overs that follow."""
    found = []
    for role in plan.roles:
        now, *coming = [_named(plan, one) for one in stretches(plan, role.id, at, at + LOOKS_AHEAD)]
        found.append(Duty(role.name, now.persons, now.end if coming else None, tuple(coming[:then])))
    return found


def days_of_duty(plan: Plan, at: datetime, days: int = 7) -> list[DayOfDuty]:
    """The date of `at` on the ward's clock and those that follow."""
    first = at.astimezone(plan.tz).date()
    return [_day(plan, first + timedelta(days=ahead)) for ahead in range(days)]


def _day(plan: Plan, day: date) -> DayOfDuty:
    start, end = (first_shown(one, 0, plan.tz) for one in (day, day + timedelta(days=1)))
    held = []
    for role in plan.roles:
        pieces = [_named(plan, one) for one in stretches(plan, role.id, start, end)] if start < end else []
        held.append(
            tuple(Held(_clock(plan, a.start, start), _clock(plan, a.end, start), a.persons) for a in pieces)
        )
    holiday = next((one.name for one in plan.holidays if one.day == day), None)
    return DayOfDuty(day, holiday, tuple(held))


def _named(plan: Plan, one: Stretch) -> Stretch:
    return Stretch(one.start, one.end, tuple(plan.person(who).name for who in one.persons))


def _clock(plan: Plan, at: datetime, midnight: datetime) -> str:
    there = at.astimezone(plan.tz)
    over = at > midnight and there.date() > midnight.astimezone(plan.tz).date()
    return "24:00" if over else f"{there:%H:%M}"
