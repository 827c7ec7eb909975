"""A plan as a nurse reads it: spans, hours of a week, and a ladder rung by rung."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from ladder.entries import sentence
from ladder.overlaps import in_week
from ladder.plan import Ladder, Plan, Rung

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def span(length: timedelta) -> str:
    """Minutes, hours or days, whichever is whole: `60 minutes`, `24 hours`, `3 days`."""
    for unit, name, least in ((_DAY, "day", 2 * _DAY), (_HOUR, "hour", 2 * _HOUR)):
        if length >= least and not length % unit:
            return _counted(length // unit, name)
    return _counted(length // timedelta(minutes=1), "minute")


def when_of_week(holes: Iterable[tuple[int, int]]) -> str:
    """Stretches of a week, equal ones of several days together: `mon, tue, wed 19:00 to 07:00`."""
    alike: dict[str, list[str]] = {}
    for start, end in holes:
        if end - start >= 7 * 1440:
            return "all of it"
        day, _, times = in_week(start, end).partition(" ")
        if end - start <= 1440 and times.count(" ") > 2:  # over one midnight: which day follows is clear
            first, to, _, last = times.split(" ")
            times = f"{first} {to} {last}"
        alike.setdefault(times, []).append(day)
    return "; ".join(f"{', '.join(days)} {times}" for times, days in alike.items())


def ladders_in_words(plan: Plan) -> dict[str, list[str]]:
    """The ladder of each severity, rung by rung, with how long an acknowledgement holds."""
    return {
        severity: [*rungs_in_words(plan, ladder), hold_in_words(ladder)]
        for severity, ladder in plan.ladders.items()
    }


def rungs_in_words(plan: Plan, ladder: Ladder) -> list[str]:
    """Each rung in a sentence, and what comes after the last."""
    found = []
    for number, rung in enumerate(ladder.rungs):
        when = f"After {span(rung.after)} without an answer" if rung.after else "At once"
        if not number and rung.after:
            when = f"After {span(rung.after)}"
        found.append(f"{when}: {whom(plan, rung)}.")
    last = ", ".join(plan.person(one).name for one in ladder.rungs[-1].persons)
    if ladder.repeats:
        often = {1: "once more, after", 2: "twice more, every"}.get(
            ladder.repeats, f"{ladder.repeats} times more, every"
        )
        found.append(f"Then {last} {often} {span(ladder.repeat_after)}.")
    found.append("If still nobody answers, the worklist says so at the top.")
    return found


def whom(plan: Plan, rung: Rung) -> str:
    """Whom a rung reaches: `whoever is on duty as Nurse or Doctor and Carla Neri`."""
    roles = " or ".join(plan.role(one).name for one in rung.roles)
    on_duty = [f"whoever is on duty as {roles}"] if roles else []
    return " and ".join([*on_duty, *(plan.person(one).name for one in rung.persons)])


def hold_in_words(ladder: Ladder) -> str:
    """How long an acknowledgement holds."""
    return sentence(f"an acknowledgement holds for {span(ladder.hold)}, then the ladder begins anew.")


def _counted(number: int, name: str) -> str:
    return f"{number} {name}{'' if number == 1 else 's'}"
