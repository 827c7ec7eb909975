"""Cases: what was escalated, and what became of it."""

from __future__ import annotations

import uuid
from datetime import datetime, tzinfo
from typing import Annotated, Any, Literal

import sqlalchemy as sa
from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field
from sqlalchemy.orm import aliased

from api.auth import AsWardUser, Db
from api.paging import Cursor, Limit, Page, cut, number_of
from api.problems import Problem, documented
from ladder.words import CaseState
from store.access import record, visible_patients
from store.alerts.cases import Case, CaseEvent
from store.alerts.coming import coming
from store.alerts.holds import waits_for_second
from store.alerts.outbox import Delivery
from store.alerts.silences import snooze_of
from store.database import now
from store.people import Patient
from store.worklist import case_of
from store.zones import name_at, zone_of_patient, zones_of

router = APIRouter(prefix="/api/v1/cases", tags=["cases"], responses=documented(401, 403, 404, 422))
CaseId = Annotated[int, Path(ge=1, lt=2**63)]


class CaseOut(BaseModel):
    """An escalation for one patient; `reason` is one sentence with the numbers."""

    id: int
    patient: str
    tz: str
    kind: Annotated[
        str,
        Field(
            description="clinical; technical: a gap, silence, battery or clock of a device, or days that "
            "cannot be judged, of which nobody is told"
        ),
    ]
    severity: str
    state: str
    reason: str
    opened_at: datetime
    last_evidence_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    resolved_at: datetime | None
    resolved_by: str | None
    outcome: str | None
    step: Annotated[int, Field(description="how often somebody was to be told")]
    next_at: Annotated[datetime | None, Field(description="of the next turn: a step, or the end of a hold")]
    held_until: datetime | None
    snoozed_until: Annotated[datetime | None, Field(description="a snooze that is in force")]
    assigned_to: str | None
    unheard: Annotated[bool, Field(description="everybody was told and nobody has answered")]


class EventOut(BaseModel):
    """One line in the story of a case."""

    at: datetime
    kind: str
    actor: str
    comment: str | None
    evidence: dict[str, Any]


class DeliveryOut(BaseModel):
    """One message about the case through one channel."""

    step: int
    channel: str
    recipient: Annotated[str, Field(description="a person of the ward's plan; empty: the channel")]
    idempotency_key: uuid.UUID
    state: str
    attempts: int
    decided_at: datetime
    sent_at: datetime | None
    reason: Annotated[str | None, Field(description="why it was suppressed")]


class SnoozeOut(BaseModel):
    """A snooze that is in force, or that waits for a second person."""

    reason: str
    author: str
    until: datetime
    second: str | None
    in_force: bool


class CaseDetail(CaseOut):
    """A case with its story and its messages, each from the beginning."""

    next: Annotated[str, Field(description="what happens next, in one sentence")]
    snooze: SnoozeOut | None
    events: list[EventOut]
    deliveries: list[DeliveryOut]


@router.get("")
def cases(
    db: Db,
    user: AsWardUser,
    state: Annotated[CaseState | None, Query()] = None,
    kind: Annotated[Literal["clinical", "technical"] | None, Query()] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[CaseOut]:
    """The cases of the patients that you may see, the newest first."""
    visible = visible_patients(user).subquery()
    seen = aliased(Patient, visible)
    query = sa.select(Case, seen).join(seen, seen.id == Case.patient_id).order_by(Case.id.desc())
    before = number_of(cursor)
    for chosen in (
        None if state is None else Case.state == state,
        None if kind is None else Case.kind == kind,
        None if before is None else Case.id < before,
    ):
        if chosen is not None:
            query = query.where(chosen)
    found = [(row[0], row[1]) for row in db.execute(query.limit(limit + 1))]
    rows, further = cut(found, limit, lambda row: (row[0].id,))
    record(db, now(), user.name, "cases.list", detail=f"{len(rows)} cases")
    zones = zones_of(db, (patient.id for _, patient in rows))
    items = [CaseOut(**about(case, patient, zones[patient.id])) for case, patient in rows]
    return Page(items=items, next=further)


@router.get("/{case}")
def one_case(db: Db, user: AsWardUser, case: CaseId) -> CaseDetail:
    """One case with its story and its messages."""
    found, patient = visible_case(db, user, case)
    record(db, now(), user.name, "case.view", patient.id, f"case {case}")
    events = db.scalars(sa.select(CaseEvent).where(CaseEvent.case_id == case).order_by(CaseEvent.id))
    deliveries = db.scalars(sa.select(Delivery).where(Delivery.case_id == case).order_by(Delivery.id))
    return CaseDetail(
        **about(found, patient, zone_of_patient(db, patient.id)),
        next=what_is_next(db, found, patient),
        snooze=snooze_out(db, found),
        events=[EventOut.model_validate(event, from_attributes=True) for event in events],
        deliveries=[DeliveryOut.model_validate(one, from_attributes=True) for one in deliveries],
    )


def visible_case(db: Db, user: AsWardUser, case_id: int) -> tuple[Case, Patient]:
    found = case_of(db, user, case_id)
    if found is None:
        raise Problem(404, "There is no such case.", "no_such_case")
    return found


def about(case: Case, patient: Patient, zone: tzinfo) -> dict[str, Any]:
    own = {name: getattr(case, name) for name in CaseOut.model_fields if name not in ("patient", "tz")}
    return {"patient": patient.code, "tz": name_at(zone, now()), **own}


def snooze_out(db: Db, case: Case) -> SnoozeOut | None:
    """The snooze of the case, if it has one."""
    found = snooze_of(db, case.id, now())
    if found is None:
        return None
    return SnoozeOut(
        reason=found.reason,
        author=found.author,
        until=found.ends,
        second=found.second,
        in_force=not waits_for_second(found, case),
    )


def what_is_next(db: Db, case: Case, patient: Patient) -> str:
    """One sentence, with the patient's clock."""
    zone = zone_of_patient(db, patient.id)
    return coming(db, [(case, patient.site, lambda at: f"{at.astimezone(zone):%Y-%m-%d %H:%M %Z}")], now())[
        case.id
    ]
