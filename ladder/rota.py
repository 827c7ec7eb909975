"""Who is on duty at an instant, and when that changes: weekly shifts, holidays, swaps.

Every time of a plan is one on the ward's clock; what that is as an instant says `ladder.wall`. Intervals are
half-open. Where two shifts of a role meet (a night that runs into a holiday) both are on duty.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from ladder.plan import Person, Plan, Rung, Shift
from ladder.wall import first_shown, first_shown_at

_DAY = timedelta(days=1)
_LOOKS_AHEAD = timedelta(days=15)  #: to the next hand-over; a week's rota with a holiday in it repeats sooner


@dataclass(frozen=True, slots=True)
class Stretch:
    """The same persons are on duty in [start, end); nobody where there are none."""

    start: datetime
    end: datetime
    persons: tuple[str, ...]  #: ids


def on_duty(plan: Plan, role: str, at: datetime) -> tuple[str, ...]:
    """Names of those on duty in a role, in the order of the plan; empty: nobody. Raises `KeyError`."""
    return tuple(plan.person(one).name for one in ids_on_duty(plan, role, at))


def ids_on_duty(plan: Plan, role: str, at: datetime) -> tuple[str, ...]:
    """The same by their ids."""
    return _now(_turns(plan, role, at, at), _swapped(plan, role), at)


def reached(plan: Plan, rung: Rung, at: datetime) -> tuple[Person, ...]:
    """Whom a rung reaches at an instant, each once: those on duty in its roles, then its own persons."""
    ids = [one for role in rung.roles for one in ids_on_duty(plan, role, at)]
    return tuple(plan.person(one) for one in dict.fromkeys([*ids, *rung.persons]))


def stretches(plan: Plan, role: str, start: datetime, end: datetime) -> list[Stretch]:
    """Who is on duty in [start, end), without a hole: neighbours have different persons."""
    turns, swaps = _turns(plan, role, start, end), _swapped(plan, role)
    changes = [at for turn in turns for at in turn[:2]] + [at for swap in swaps for at in swap[:2]]
    found: list[Stretch] = []
    for begin, stop in pairwise([start, *sorted({at for at in changes if start < at < end}), end]):
        persons = _now(turns, swaps, begin)
        if found and found[-1].persons == persons:
            found[-1] = Stretch(found[-1].start, stop, persons)
        else:
            found.append(Stretch(begin, stop, persons))
    return found


def next_handover(plan: Plan, role: str, at: datetime) -> Stretch | None:
    """The stretch that comes after the one at `at`; None where nothing changes in the next 15 days."""
    coming = stretches(plan, role, at, at + _LOOKS_AHEAD)
    return coming[1] if len(coming) > 1 else None


def shifts_of(plan: Plan, role: str, day: date) -> tuple[Shift, ...]:
    """The shifts of a role that begin on a date."""
    weekday = day.isoweekday()
    for holiday in plan.holidays:
        if holiday.day == day:
            own = tuple(shift for whose, shift in holiday.shifts if whose == role)
            if own:
                return own
            weekday = holiday.like
    return tuple(shift for shift in plan.role(role).shifts if weekday in shift.days)


_Turn = tuple[datetime, datetime, tuple[str, ...]]
_Swapped = tuple[datetime, datetime, tuple[str, ...], str | None]


def _turns(plan: Plan, role: str, start: datetime, end: datetime) -> list[_Turn]:
    """Every shift with a part in [start, end]."""
    # Two days before: one over midnight, and a clock that is set back over midnight.
    day, last = start.astimezone(plan.tz).date() - 2 * _DAY, end.astimezone(plan.tz).date() + _DAY
    found = []
    while day <= last:
        for shift in shifts_of(plan, role, day):
            stop = day + _DAY if shift.over_midnight else day
            begins = first_shown(day, shift.start, plan.tz)
            ends = first_shown(stop, shift.end, plan.tz)
            if begins < ends and begins <= end and ends > start:  # nothing, where the clock skips all of it
                found.append((begins, ends, shift.persons))
        day += _DAY
    return found


def _swapped(plan: Plan, role: str) -> list[_Swapped]:
    return [
        (first_shown_at(one.start, plan.tz), first_shown_at(one.end, plan.tz), one.persons, one.instead_of)
        for one in plan.swaps
        if one.role == role
    ]


def _now(turns: Iterable[_Turn], swaps: Iterable[_Swapped], at: datetime) -> tuple[str, ...]:
    persons = [one for start, end, whose in turns if start <= at < end for one in whose]
    # All at once and not one after the other: two who exchange their shifts have each other's.
    instead = {instead_of: others for start, end, others, instead_of in swaps if start <= at < end}
    if None in instead:
        persons = list(instead[None])
    else:
        persons = [other for one in persons for other in instead.get(one, (one,))]
    return tuple(dict.fromkeys(persons))
