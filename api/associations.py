"""How an index and daily worst pain move together within patients: asked here, computed by analytics.

This process has no statistics in it. A question is stored and answered within a second or two; until then
it is 202 with `state` "asked".
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

import sqlalchemy as sa
from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.auth import AsWardUser, CurrentUser, Db
from api.paging import Cursor, Limit, PatientPage, cut, number_of
from api.problems import Problem, documented
from api.visible import PatientZone, VisiblePatient
from api.windows import days_of
from store import associations as store
from store.access import Role, User, record, visible_patients
from store.associations import Association
from store.cohorts import CLOCK_TIMES, SMALL, SMALLEST_GROUP, researched_patients
from store.database import now
from store.people import Patient
from store.zones import name_at

router = APIRouter(prefix="/api/v1", tags=["associations"], responses=documented(401, 403, 404, 422, 429))
MOST_WAITING = 20
MOST_DAYS = 400
AssociationId = Annotated[int, Path(ge=1, lt=2**63)]
ALONE = (
    "too little data: a link within patients needs several of them; of one patient alone, days in a row "
    "are too alike to say anything"
)


class AssociationIn(BaseModel):
    """A question: these patients, or all that you may see; a researcher asks for everybody, unnamed."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    patients: list[Annotated[str, Field(max_length=64)]] | None = Field(None, max_length=1000)
    site: Literal["all visible"] | None = None
    index: Annotated[str, Field(pattern="^[A-Za-z0-9_]{1,40}$")]
    first: date | None = Field(None, alias="from")
    last: date | None = Field(None, alias="to")
    demonstration: bool = Field(False, description="for researchers: simulated people, not real ones")


class AssociationOut(BaseModel):
    """`state` asked, computed, too little data, or suppressed (an aggregate of fewer than ten people)."""

    id: int
    state: str
    index: str
    first: date
    last: date
    asked_at: datetime
    computed_at: datetime | None
    method: str | None
    n_patients: int | str | None
    n_days: int | None
    result: dict[str, Any] | None
    reason: str | None


class Alone(BaseModel):
    """What can be said of one patient without others."""

    state: str = "too little data"
    reason: str = ALONE


class OfPatient(PatientPage[AssociationOut]):
    """The answers that include this patient, and what can be said of the patient alone."""

    alone: Alone


@router.post("/cohorts/associations", status_code=202)
def ask(db: Db, user: CurrentUser, asked: AssociationIn, response: Response) -> AssociationOut:
    """Ask; `Location` is where the answer will be."""
    if asked.index in CLOCK_TIMES:
        raise Problem(422, f"{asked.index} is a time of day: it has no correlation.", "clock_time")
    first, last = days_of(asked.first, asked.last, UTC, 90, MOST_DAYS)
    patients = _patients(db, user, asked)
    if store.waiting_of(db, user.name) >= MOST_WAITING:
        detail = f"{MOST_WAITING} of your questions wait for an answer: try again in a moment."
        raise Problem(429, detail, headers={"Retry-After": "5"})
    kept = store.request_association(
        db,
        patients,
        asked.index,
        first,
        last,
        user.name,
        now(),
        aggregate=user.role is Role.RESEARCHER,
    )
    record(db, now(), user.name, "association.ask", detail=f"association {kept.id} index={asked.index}")
    response.headers["Location"] = f"/api/v1/cohorts/associations/{kept.id}"
    return _shown(kept)


@router.get(
    "/cohorts/associations/{association}",
    responses={202: {"description": "not yet", "model": AssociationOut}},
)
def answer(db: Db, user: CurrentUser, association: AssociationId, response: Response) -> AssociationOut:
    """The answer, or 202 while there is none yet."""
    found = store.association(db, association, _visible(user))
    if found is None:
        raise Problem(404, "There is no such association.", "no_such_association")
    record(db, now(), user.name, "association.view", detail=f"association {found.id}")
    response.status_code = 200 if found.computed_at else 202
    return _shown(found)


@router.get("/patients/{patient}/associations")
def of_patient(
    db: Db,
    user: AsWardUser,
    patient: VisiblePatient,
    zone: PatientZone,
    index: Annotated[str | None, Query(max_length=40)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> OfPatient:
    """The newest answers for cohorts that include this patient."""
    visible = visible_patients(user).with_only_columns(Patient.id)
    found = store.associations_of(db, patient.id, visible, index, number_of(cursor), limit + 1)
    rows, further = cut(found, limit, lambda a: (a.id,))
    items = [_shown(row) for row in rows]
    return OfPatient(patient=patient.code, tz=name_at(zone, now()), items=items, next=further, alone=Alone())


def _patients(db: Db, user: User, asked: AssociationIn) -> list[int]:
    if user.role is Role.RESEARCHER:
        if asked.patients is not None:
            raise Problem(403, "A researcher asks for everybody: leave `patients` out.", "no_names")
        return researched_patients(db, demonstration=asked.demonstration)
    visible = visible_patients(user)
    if (asked.patients is None) == (asked.site is None):
        raise Problem(422, 'Give `patients`, or `site` as "all visible".', "which_patients")
    if asked.patients is None:
        return list(db.scalars(visible.with_only_columns(Patient.id)))
    wanted = set(asked.patients)
    found = db.scalars(visible.with_only_columns(Patient.id).where(Patient.code.in_(wanted))).all()
    if len(found) < len(wanted) or not wanted:
        raise Problem(404, "One of these patients does not exist.", "no_such_patient")
    return list(found)


def _visible(user: User) -> sa.Select[int] | None:
    if user.role is Role.RESEARCHER:
        return None
    return visible_patients(user).with_only_columns(Patient.id)


def _shown(one: Association) -> AssociationOut:
    shown = AssociationOut(
        id=one.id,
        state=_state(one),
        index=one.index,
        first=one.first,
        last=one.last,
        asked_at=one.asked_at,
        computed_at=one.computed_at,
        method=one.method,
        n_patients=one.n_patients,
        n_days=one.n_days,
        result=one.result,
        reason=one.reason,
    )
    if shown.state == "suppressed":
        why = f"fewer than {SMALLEST_GROUP} people have enough days"
        hidden = {"n_patients": SMALL, "n_days": None, "result": None, "reason": why}
        return shown.model_copy(update=hidden)
    return shown


def _state(one: Association) -> str:
    if one.computed_at is None:
        return "asked"
    if one.aggregate and (one.n_patients or 0) < SMALLEST_GROUP:
        return "suppressed"
    return "computed" if one.result is not None else "too little data"
