"""What a patient is told when nobody is on duty who would be told first."""

from __future__ import annotations

from datetime import datetime

from ladder.plan import Plan
from ladder.rota import reached


def is_after_hours(plan: Plan, at: datetime) -> bool:
    """Whether the first rung of `high` reaches nobody: no person of its own, and nobody on duty."""
    return not reached(plan, plan.ladders["high"].rungs[0], at)


def told_after_hours(plan: Plan, language: str, at: datetime) -> str | None:
    """The ward's text in that language, after hours; None where it has none, or somebody is on duty."""
    return plan.after_hours.get(language) if is_after_hours(plan, at) else None
