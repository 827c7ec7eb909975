"""Two persons answer one case: the second one is told who has it, and that their own answer was not taken."""

from __future__ import annotations

from fastapi import Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from api.pages import words
from api.pages.holds import next_of
from api.pages.render import page
from store.access import User, record
from store.alerts.cases import Case
from store.database import now
from store.people import Patient
from store.zones import zone_of_patient


def was_quicker(
    request: Request, db: Session, user: User, patient: Patient, case_id: int, said: str | None
) -> Response | None:
    """A page that says so; None where the user has it already and has only said so again."""
    case = db.get_one(Case, case_id)
    by, at = case.acknowledged_by, case.acknowledged_at
    if case.resolved_at is not None:
        by, at = case.resolved_by, case.resolved_at
    if by in (None, user.name) or at is None:
        return None
    zone = zone_of_patient(db, patient.id)
    when = words.short(at, zone, now())
    if case.resolved_at is not None:
        sentence = f"{by} closed case {case_id} before you, {when}: {words.OUTCOME[str(case.outcome)]}."
    else:
        coming = next_of(db, [(case, patient.site, zone)], now())
        sentence = f"{by} acknowledged case {case_id} before you, {when}."
        sentence += f" {coming[case_id].said}" if case_id in coming else ""
    kept = " Your comment is kept in its story." if said else ""
    record(db, now(), user.name, "case.view", patient.id, f"case {case_id}")
    return page(
        request,
        "problem.html",
        user,
        demonstration=patient.demonstration,
        status=409,
        title="Somebody was quicker",
        sentence=f"{sentence} Your answer changes nothing.{kept}",
        typed=(),
        step_href=f"/cases/{case_id}",
        step="Look at the case",
    )
