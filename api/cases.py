"""Cases: what was escalated, and what people did about it."""

from __future__ import annotations

import uuid
from datetime import datetime, tzinfo
from typing import Annotated, Any, Literal

import sqlalchemy as sa
from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import aliased

from api.auth import AsWardUser, Db
from api.paging import Cursor, Limit, Page, cut, number_of
from api.problems import Problem, documented
from ladder.words import CaseState, Outcome
from store import case_life
from store import cases as stories
from store.access import record, visible_patients
from store.cases import Case, CaseEvent
from store.database import now
from store.outbox import Delivery
from store.people import Patient
from store.worklist import case_of
from store.zones import name_at, zone_of_patient, zones_of

router = APIRouter(prefix="/api/v1/cases", tags=["cases"], responses=documented(401, 403, 404, 422))
CaseId = Annotated[int, Path(ge=1, lt=2**63)]
Text = Annotated[str, Field(min_length=1, max_length=2000, pattern="^[^\\x00]*$")]


class CaseOut(BaseModel):
    """An escalation for one patient; `reason` is one sentence with the numbers."""

    id: int
    patient: str
    tz: str
    kind: str
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
    idempotency_key: uuid.UUID
    state: str
    attempts: int
    decided_at: datetime
    sent_at: datetime | None


class CaseDetail(CaseOut):
    """A case with its story and its messages, each from the beginning."""

    events: list[EventOut]
    deliveries: list[DeliveryOut]


class Acted(BaseModel):
    """The case afterwards; `changed` false: somebody had done so before, and nothing happened."""

    changed: bool
    case: CaseOut


class AcknowledgeIn(BaseModel):
    """ "I have seen this." """

    model_config = ConfigDict(extra="forbid")
    comment: Text | None = None


class ResolveIn(BaseModel):
    """What the case turned out to be."""

    model_config = ConfigDict(extra="forbid")
    outcome: Outcome
    comment: Text | None = None


class CommentIn(BaseModel):
    """A remark."""

    model_config = ConfigDict(extra="forbid")
    comment: Text


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
    items = [CaseOut(**_about(case, patient, zones[patient.id])) for case, patient in rows]
    return Page(items=items, next=further)


@router.get("/{case}")
def one_case(db: Db, user: AsWardUser, case: CaseId) -> CaseDetail:
    """One case with its story and its messages."""
    found, patient = _visible(db, user, case)
    record(db, now(), user.name, "case.view", patient.id, f"case {case}")
    events = db.scalars(sa.select(CaseEvent).where(CaseEvent.case_id == case).order_by(CaseEvent.id))
    deliveries = db.scalars(sa.select(Delivery).where(Delivery.case_id == case).order_by(Delivery.id))
    return CaseDetail(
        **_about(found, patient, zone_of_patient(db, patient.id)),
        events=[EventOut.model_validate(event, from_attributes=True) for event in events],
        deliveries=[DeliveryOut.model_validate(one, from_attributes=True) for one in deliveries],
    )


@router.post("/{case}/acknowledge")
def acknowledge(db: Db, user: AsWardUser, case: CaseId, said: AcknowledgeIn | None = None) -> Acted:
    """Say "I have seen this": what waits to be sent is cancelled. Repeating it changes nothing."""
    _visible(db, user, case)
    comment = said.comment if said else None
    return _acted(db, user, case, "acknowledge", case_life.acknowledge(db, case, user.name, now(), comment))


@router.post("/{case}/resolve")
def resolve(db: Db, user: AsWardUser, case: CaseId, said: ResolveIn) -> Acted:
    """Close a case with what it turned out to be. Repeating it changes nothing."""
    _visible(db, user, case)
    changed = case_life.resolve(db, case, user.name, said.outcome, now(), said.comment)
    return _acted(db, user, case, "resolve", changed)


@router.post("/{case}/comment")
def comment(db: Db, user: AsWardUser, case: CaseId, said: CommentIn) -> Acted:
    """Add a remark to the story of a case."""
    _visible(db, user, case)
    stories.comment(db, case, user.name, now(), said.comment)
    return _acted(db, user, case, "comment", True)


def _visible(db: Db, user: AsWardUser, case_id: int) -> tuple[Case, Patient]:
    found = case_of(db, user, case_id)
    if found is None:
        raise Problem(404, "There is no such case.", "no_such_case")
    return found


def _acted(db: Db, user: AsWardUser, case_id: int, what: str, changed: bool) -> Acted:
    db.expire_all()  # the store changes rows, not objects
    case, patient = _visible(db, user, case_id)
    # Who repeats it is written down, too: they were shown the case.
    record(db, now(), user.name, f"case.{what}", patient.id, f"case {case_id}")
    about = _about(case, patient, zone_of_patient(db, patient.id))
    return Acted(changed=changed, case=CaseOut(**about))


def _about(case: Case, patient: Patient, zone: tzinfo) -> dict[str, Any]:
    own = {name: getattr(case, name) for name in CaseOut.model_fields if name not in ("patient", "tz")}
    return {"patient": patient.code, "tz": name_at(zone, now()), **own}
