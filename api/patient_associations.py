"""How indices and daily pain move together in one patient: alone, and among others."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from api.association_answers import (
    MOST_DAYS,
    USUAL_DAYS,
    AboutIn,
    AssociationOut,
    refuse_too_many,
    shown,
)
from api.auth import AsWardUser, Db
from api.paging import Cursor, Limit, PatientPage, cut, number_of
from api.problems import documented
from api.visible import PatientZone, VisiblePatient
from api.windows import days_of
from store import associations as store
from store.access import record, visible_patients
from store.associations import Association
from store.database import now
from store.people import Patient
from store.zones import name_at

router = APIRouter(
    prefix="/api/v1/patients", tags=["associations"], responses=documented(401, 403, 404, 422, 429)
)
HOW = "nobody asked about this patient alone yet: POST `index` or `indices` to this address"


class Alone(BaseModel):
    """What can be said of one patient without others.

    `state` not asked, asked, computed, or too little data: one person's p needs 30 complete days, 14 from
    first to last, and without it the numbers in `answer` are no finding.
    """

    state: str
    reason: str | None
    answer: AssociationOut | None


class OfPatient(PatientPage[AssociationOut]):
    """The answers that include this patient, and what can be said of the patient alone."""

    alone: Alone


@router.post("/{patient}/associations", status_code=202)
def ask_of_one(
    db: Db, user: AsWardUser, patient: VisiblePatient, zone: PatientZone, asked: AboutIn, response: Response
) -> AssociationOut:
    """Ask about this patient alone; `Location` is where the answer will be."""
    indices = asked.family()
    first, last = days_of(asked.first, asked.last, zone, USUAL_DAYS, MOST_DAYS)
    refuse_too_many(db, user)
    kept = store.request_association(
        db, [patient.id], indices, first, last, user.name, now(), pain=asked.pain
    )
    detail = f"association {kept.id} index={','.join(indices)}"
    record(db, now(), user.name, "association.ask", patient.id, detail)
    response.headers["Location"] = f"/api/v1/cohorts/associations/{kept.id}"
    return shown(kept)


@router.get("/{patient}/associations")
def of_patient(
    db: Db,
    user: AsWardUser,
    patient: VisiblePatient,
    zone: PatientZone,
    index: Annotated[str | None, Query(max_length=40)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> OfPatient:
    """The newest answers that include this patient, and the newest about this patient alone."""
    visible = visible_patients(user).with_only_columns(Patient.id)
    found = store.associations_of(db, patient.id, visible, index, number_of(cursor), limit + 1)
    rows, further = cut(found, limit, lambda a: (a.id,))
    return OfPatient(
        patient=patient.code,
        tz=name_at(zone, now()),
        items=[shown(row) for row in rows],
        next=further,
        alone=_alone(*store.newest_alone(db, patient.id, index)),
    )


def _alone(answered: Association | None, waits: Association | None) -> Alone:
    if answered is None:
        if waits is None:
            return Alone(state="not asked", reason=HOW, answer=None)
        return Alone(state="asked", reason="it is not computed yet", answer=shown(waits))
    links = [document["rmcorr"] for document in answered.documents or []]
    if any(link.get("p") is not None for link in links):
        return Alone(state="computed", reason=None, answer=shown(answered))
    why = dict.fromkeys(link.get("r_reason") or link.get("p_reason") or "" for link in links)
    reason = answered.reason or "; ".join(filter(None, why))
    return Alone(state="too little data", reason=reason, answer=shown(answered))
