"""How a response goes on: when it began, how long it held, what was best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.response.endpoints import RESPONSES, Endpoint
from analytics.response.rules import RULES, Rules

_ORDER = (Endpoint.COMPLETE, Endpoint.PARTIAL, Endpoint.INDETERMINATE, Endpoint.PROGRESSION)


@dataclass(frozen=True, slots=True)
class Course:
    """Days are counted from the event. None with a reason: there is no such time."""

    began: int | None  #: time to response: the first day of the confirmed response
    duration: int | None  #: from that day to the day on which it was lost, or to the last known day
    censored: bool | None  #: of the duration: it still held on the last known day
    best: Endpoint  #: at least as good held for a confirmed run; not evaluable where no run is that long
    followed: int | None  #: the last day with an endpoint
    reason: str | None


def course(days: Sequence[tuple[int, Endpoint]], rules: Rules = RULES) -> Course:
    """The course of the endpoints of days in order; days that are not evaluable are left out by the caller
    or here, and neither confirm nor end anything.

    A response is confirmed when it holds on a day and on every known day up to one at least a week later,
    whose window has no day in common with the first: many looks at a noisy score would else find one by
    chance. It is lost on the first known day on which it does not hold, progression among them: the median
    of a week has by then seen it gone for most of that week.
    """
    known = [(day, found) for day, found in days if found is not Endpoint.NOT_EVALUABLE]
    if not known:
        return Course(None, None, None, Endpoint.NOT_EVALUABLE, None, "no day could be judged")
    followed = known[-1][0]
    as_good = (frozenset(_ORDER[: k + 1]) for k in range(len(_ORDER)))
    held = (worst for worst, wanted in zip(_ORDER, as_good, strict=True) if _run(known, wanted, rules))
    best = next(held, Endpoint.NOT_EVALUABLE)
    run = _run(known, RESPONSES, rules)
    if run is None:
        return Course(None, None, None, best, followed, _why(known, rules))
    began, ended = run
    censored = ended is None
    return Course(began, (followed if ended is None else ended) - began, censored, best, followed, None)


def _run(
    known: Sequence[tuple[int, Endpoint]], wanted: frozenset[Endpoint], rules: Rules
) -> tuple[int, int | None] | None:
    """The first confirmed run of wanted days: its first day, and the day that ended it (None: none did)."""
    began: int | None = None
    last = 0
    for day, found in known:
        if found in wanted:
            began, last = day if began is None else began, day
        elif began is not None:
            if last - began >= rules.confirmed_after:
                return began, day
            began = None
    return (began, None) if began is not None and last - began >= rules.confirmed_after else None


def _why(known: Sequence[tuple[int, Endpoint]], rules: Rules) -> str:
    if known[-1][1] in RESPONSES:
        return f"a response is not confirmed yet: it has not held for {rules.confirmed_after} days"
    if any(found in RESPONSES for _, found in known):
        return f"no response held for {rules.confirmed_after} days"
    return "no response on any day that could be judged"
