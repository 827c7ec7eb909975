"""Somebody was quicker: who has the case until when, or who closed it as what, for a terminal."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from store.alerts.cases import Case


def who_was_quicker(session: Session, number: int, by: str, comment: str | None) -> str:
    """In a sentence or two, with times in UTC; what was written is kept in the story of the case."""
    from store.alerts.cases import Case, keep_comment
    from store.alerts.coming import coming
    from store.database import now
    from store.people import Patient

    case = session.get_one(Case, number)
    session.refresh(case)
    patient = session.get_one(Patient, case.patient_id)
    kept = keep_comment(session, number, by, now(), comment, patient.id)
    if case.resolved_at is not None:
        said = f"{case.resolved_by} closed case {number} before, {_utc(case.resolved_at)}: {case.outcome}."
    else:
        next_ = coming(session, [(case, patient.site, _utc)], now())[number]
        said = f"{_who(case)} {next_}" if case.acknowledged_by else next_
    return f"{said} Nothing is changed.{' The comment is kept in its story.' if kept else ''}"


def _who(case: Case) -> str:
    handed = f", and it is handed to {case.assigned_to}" if case.assigned_to else ""
    at = "" if case.acknowledged_at is None else f", {_utc(case.acknowledged_at)}"
    return f"{case.acknowledged_by} acknowledged case {case.id} before{at}{handed}."


def _utc(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
