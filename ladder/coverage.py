"""What a plan that works does not cover: said as warnings, with the hours."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, timedelta

from ladder.in_words import span, when_of_week
from ladder.overlaps import WEEK
from ladder.plan import WITH_LADDER, Plan, Role
from ladder.rota import stretches
from ladder.wall import first_shown


def warnings(plan: Plan, languages: Collection[str] = ()) -> list[str]:
    """What the ward should know of its plan. `languages`: those in which patients read."""
    return [
        *_nobody_on_duty(plan),
        *_late_start(plan),
        *_holidays(plan),
        *_alone(plan),
        *_only_written_down(plan),
        *_unused(plan),
        *_untold(plan, languages),
    ]


def uncovered_week(roles: Iterable[Role]) -> list[tuple[int, int]]:
    """When in a usual week nobody is on duty in any of the roles: minutes since Monday 00:00, [from, to).

    The last one may run into the next week, beyond 10,080.
    """
    covered = bytearray(WEEK)
    for role in roles:
        for shift in role.shifts:
            for day in shift.days:
                start = (day - 1) * 1440 + shift.start
                for minute in range(start, start + shift.length):
                    covered[minute % WEEK] = 1
    if not any(covered):
        return [(0, WEEK)]
    found: list[tuple[int, int]] = []
    for minute in range(WEEK):
        if not covered[minute] and (minute == 0 or covered[minute - 1]):
            end = covered.find(1, minute)
            found.append((minute, WEEK if end < 0 else end))
    if len(found) > 1 and found[0][0] == 0 and found[-1][1] == WEEK:
        found[-1] = (found[-1][0], WEEK + found.pop(0)[1])
    return found


def _nobody_on_duty(plan: Plan) -> list[str]:
    gaps: dict[tuple[str, ...], list[str]] = {}
    for severity, number, roles in _rungs_of_roles(plan):
        gaps.setdefault(roles, []).append(f"rung {number} of `{severity}`")
    found = []
    for roles, rungs in gaps.items():
        holes = uncovered_week(plan.role(one) for one in roles)
        if holes:
            hours = sum(end - start for start, end in holes) / 60
            length = f"{hours:g} hour{'' if hours == 1 else 's'}"
            found.append(
                f"Nobody is on duty as {_or(roles)} for {length} of a week: {when_of_week(holes)}. "
                f"Then {', '.join(rungs)} is passed at once to the next rung."
            )
    return found


def _late_start(plan: Plan) -> list[str]:
    waits = {severity: plan.ladders[severity].rungs[0].after for severity in WITH_LADDER}
    return [
        f"Nobody is told of a `{severity}` case before {span(wait)} have passed."
        for severity, wait in waits.items()
        if wait
    ]


def _holidays(plan: Plan) -> list[str]:
    """Holidays whose own shifts leave hours at which nobody is on duty."""
    found = []
    for holiday in plan.holidays:
        own = {role for role, _ in holiday.shifts}
        for roles in dict.fromkeys(roles for _, _, roles in _rungs_of_roles(plan)):
            holes = _holes_of_day(plan, roles, holiday.day) if own & set(roles) else []
            if holes:
                day = f"{holiday.day} ({holiday.name})"
                found.append(f"On {day} nobody is on duty as {_or(roles)}: {', '.join(holes)}.")
    return found


def _holes_of_day(plan: Plan, roles: Iterable[str], day: date) -> list[str]:
    start, end = (first_shown(one, 0, plan.tz) for one in (day, day + timedelta(days=1)))
    on = [one for role in roles for one in stretches(plan, role, start, end) if one.persons]
    found, at = [], start
    for begin, stop in [*sorted((one.start, one.end) for one in on), (end, end)]:
        if begin > at:
            until = "24:00" if begin == end else f"{begin.astimezone(plan.tz):%H:%M}"
            found.append(f"{at.astimezone(plan.tz):%H:%M} to {until}")
        at = max(at, stop)
    return found


def _alone(plan: Plan) -> list[str]:
    """The ladder of urgent cases with one person on it: who is ill or out of reach is nobody."""
    rungs = plan.ladders["high"].rungs
    ids = {one for rung in rungs for one in rung.persons}
    ids |= {one for rung in rungs for role in rung.roles for one in _ever_on_duty(plan, role)}
    if len(ids) != 1:
        return []
    name = plan.person(ids.pop()).name
    return [f"Every rung of `high` reaches {name} alone: a second person should be told."]


def _ever_on_duty(plan: Plan, role: str) -> set[str]:
    found = {one for shift in plan.role(role).shifts for one in shift.persons}
    found |= {
        one
        for holiday in plan.holidays
        for whose, shift in holiday.shifts
        if whose == role
        for one in shift.persons
    }
    return found | {one for swap in plan.swaps if swap.role == role for one in swap.persons}


def _only_written_down(plan: Plan) -> list[str]:
    return [
        f"Person `{one.id}` has no channel but `log`, a file that tells nobody."
        for one in plan.persons
        if set(one.channels) == {"log"}
    ]


def _unused(plan: Plan) -> list[str]:
    used = {role for _, _, roles in _all_rungs(plan) for role in roles}
    busy = {one for _, persons, _ in _all_rungs(plan) for one in persons}
    busy |= {one for role in plan.roles for shift in role.shifts for one in shift.persons}
    busy |= {one for holiday in plan.holidays for _, shift in holiday.shifts for one in shift.persons}
    busy |= {one for swap in plan.swaps for one in swap.persons}
    roles = [f"Role `{one.id}` is on no rung." for one in plan.roles if one.id not in used]
    return roles + [
        f"Person `{one.id}` is in no shift and on no rung." for one in plan.persons if one.id not in busy
    ]


def _untold(plan: Plan, languages: Collection[str]) -> list[str]:
    lacking = ", ".join(f"`{code}`" for code in languages if code not in plan.after_hours)
    unread = [code for code in plan.after_hours if languages and code not in languages]
    return [
        *([f"Patients who read {lacking} get no text of the ward for after hours."] if lacking else []),
        *(f"The diary page has no language `{code}`: its text is never shown." for code in unread),
    ]


def _all_rungs(plan: Plan) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    return [
        (severity, rung.persons, rung.roles)
        for severity in WITH_LADDER
        for rung in plan.ladders[severity].rungs
    ]


def _rungs_of_roles(plan: Plan) -> list[tuple[str, int, tuple[str, ...]]]:
    """(severity, number, roles) of the rungs that reach nobody but who is on duty."""
    return [
        (severity, number, rung.roles)
        for severity in WITH_LADDER
        for number, rung in enumerate(plan.ladders[severity].rungs, start=1)
        if not rung.persons
    ]


def _or(roles: Iterable[str]) -> str:
    return " or ".join(f"`{one}`" for one in roles)
