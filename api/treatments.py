"""What was done for a patient."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel

from api.auth import AsWardUser, Db
from api.entries import Stored
from api.paging import Cursor, Limit, PatientPage, cut, number_of
from api.problems import documented
from api.treatment_entry import TreatmentIn, as_given, enter, withdraw
from api.visible import PatientZone, VisiblePatient
from api.windows import FromDay, ToDay, days_of, instants_of
from days.cut import day_of
from store.database import now
from store.treatments import treatments_of
from store.zones import name_at

router = APIRouter(
    prefix="/api/v1/patients", tags=["treatments"], responses=documented(401, 403, 404, 413, 422)
)
MOST_DAYS = 400
TreatmentId = Annotated[int, Path(ge=1, lt=2**63)]


class TreatmentOut(BaseModel):
    """Something that was done, and who wrote it down."""

    id: int
    kind: str
    at: datetime
    detail: str | dict[str, Any] | None
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
    items = [
        TreatmentOut(
            id=row.id,
            kind=row.kind,
            at=row.at,
            detail=as_given(row),
            entered_by=row.entered_by,
            entered_at=row.entered_at,
        )
        for row in rows
    ]
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
    kept, changed = enter(db, user, patient, zone, treatment, now())
    response.status_code = 201 if changed else 200
    return Stored(id=str(kept.id), day=day_of(treatment.at, zone), changed=changed)


@router.delete("/{patient}/treatments/{treatment}", status_code=204)
def withdraw_one_treatment(
    db: Db, user: AsWardUser, patient: VisiblePatient, zone: PatientZone, treatment: TreatmentId
) -> None:
    """Take back what was entered wrongly: kept with who and when, not shown or used any more. Repeating it
    changes nothing."""
    withdraw(db, user, patient, zone, treatment, now())
