"""What was done for a patient."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Response
from pydantic import BaseModel

from api.auth import AsWardUser, Db
from api.entries import Stored, TreatmentIn, touch
from api.paging import Cursor, Limit, PatientPage, cut, number_of
from api.problems import documented
from api.visible import PatientZone, VisiblePatient
from api.windows import FromDay, ToDay, days_of, instants_of
from days.cut import day_of
from store.access import record
from store.database import now
from store.treatments import add_treatment, treatments_of
from store.zones import name_at

router = APIRouter(
    prefix="/api/v1/patients", tags=["treatments"], responses=documented(401, 403, 404, 413, 422)
)
MOST_DAYS = 400


class TreatmentOut(BaseModel):
    """Something that was done, and who wrote it down."""

    id: int
    kind: str
    at: datetime
    detail: str | None
    entered_by: str
    entered_at: datetime


@router.get("/{patient}/treatments")
def treatments(
    db: Db,
    patient: VisiblePatient,
    zone: PatientZone,
    first: FromDay = None,
    last: ToDay = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> PatientPage[TreatmentOut]:
    """What was done in the last 400 days, or those you say; the last entered first."""
    first, last = days_of(first, last, zone, MOST_DAYS, 20 * MOST_DAYS)
    start, end = instants_of(first, last, zone)
    found = treatments_of(db, patient.id, start, end, number_of(cursor), limit + 1)
    rows, further = cut(found, limit, lambda t: (t.id,))
    items = [TreatmentOut.model_validate(row, from_attributes=True) for row in rows]
    return PatientPage(patient=patient.code, tz=name_at(zone, now()), items=items, next=further)


@router.post("/{patient}/treatments", status_code=201)
def add_one_treatment(
    db: Db,
    user: AsWardUser,
    patient: VisiblePatient,
    zone: PatientZone,
    treatment: TreatmentIn,
    response: Response,
) -> Stored:
    """Write down what was done. The same again (kind, time, detail) changes nothing (200)."""
    at = now()
    kept, changed = add_treatment(
        db, patient.id, treatment.kind, treatment.at, treatment.detail, user.name, at
    )
    day = touch(db, patient, zone, treatment.at, at) if changed else day_of(treatment.at, zone)
    if changed:
        record(db, at, user.name, "treatment.add", patient.id, f"treatment {kept.id}")
    response.status_code = 201 if changed else 200
    return Stored(id=str(kept.id), day=day, changed=changed)
