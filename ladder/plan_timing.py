"""The times of a plan, as the life of a case takes them, and whom each of its rungs reaches."""

from __future__ import annotations

from datetime import datetime

from ladder.plan import Person, Plan
from ladder.rota import reached
from ladder.timing import Timing, Timings
from ladder.words import SEVERITIES


def timings_of(plan: Plan) -> Timings:
    """When somebody is told, how long an answer holds, and what quiet hours put off."""
    return Timings({severity: _timing(plan, severity) for severity in SEVERITIES}, plan.not_before)


def reached_at(plan: Plan, severity: str, rung: int, at: datetime) -> tuple[Person, ...]:
    """Whom rung 1, 2, ... of a severity reaches at an instant; beyond the last one, since a plan may be saved
    while a case is on its way, whom that reaches."""
    rungs = plan.ladder(severity).rungs
    return reached(plan, rungs[min(rung, len(rungs)) - 1], at)


def _timing(plan: Plan, severity: str) -> Timing:
    ladder = plan.ladder(severity)
    after = tuple(rung.after for rung in ladder.rungs)
    return Timing(after, ladder.repeats, ladder.repeat_after, ladder.hold)
