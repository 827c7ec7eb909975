"""The days of one patient by what was decided of them: each with its score and tier."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.decisions import MOST_LOOKED_AT, TIERS, Decision


@dataclass(frozen=True, slots=True)
class JudgedDay:
    """One local day of a patient, by all decisions about it."""

    day: date
    score: float | None  #: log10 of the odds, of the newest decision
    tier: str | None  #: the most urgent that it ever reached, technical only if the newest is; None


def judged_days(session: Session, patient_id: int, first: date, last: date) -> list[JudgedDay]:
    """The days in [first, last] of which anything was decided, in order.

    They are found among the patient's newest decisions: the cost does not grow with the history.
    """
    newest = (
        sa.select(Decision.id, Decision.day, Decision.verdict, Decision.tier, Decision.score)
        .where(Decision.patient_id == patient_id)
        .order_by(Decision.id.desc())
        .limit(MOST_LOOKED_AT)
        .subquery()
    )
    rows = session.execute(
        sa.select(newest.c.day, newest.c.verdict, newest.c.tier, newest.c.score)
        .where(newest.c.day.between(first, last))
        .order_by(newest.c.id)
    )
    days: dict[date, JudgedDay] = {}
    for day, verdict, tier, score in rows:
        before = days[day].tier if day in days else None
        if before == "technical":  # nobody was reached, and what could not be judged at first has been since
            before = None
        days[day] = JudgedDay(day, score, _more_urgent(reached(verdict, tier), before))
    return [days[day] for day in sorted(days)]


def reached(verdict: str, tier: str | None) -> str | None:
    """Whom a decision reached. Those of before there were tiers paged where they fired, and said where they
    could not judge."""
    if tier is None:
        return {"fire": "page", "no evidence": "technical"}.get(verdict)
    return tier


def _more_urgent(one: str | None, other: str | None) -> str | None:
    return next((tier for tier in TIERS if tier in (one, other)), None)
