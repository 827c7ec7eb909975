"""Patients, and what is known of one of them day by day."""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Query
from pydantic import BaseModel
from sqlalchemy.orm import aliased

from api.auth import AsWardUser, Db
from api.paging import Cursor, Limit, Page, PatientPage, cut, place_of
from api.problems import Problem, documented
from api.visible import PatientZone, VisiblePatient
from api.windows import FromDay, ToDay, days_of
from store import worklist
from store.access import record, visible_patients
from store.database import now
from store.people import Device, Patient, Wearing
from store.results import OF_DIARY, DayIndex
from store.zones import name_at, zones_of

router = APIRouter(prefix="/api/v1/patients", tags=["patients"], responses=documented(401, 403, 404, 422))
MOST_DAYS = 8000


class PatientOut(BaseModel):
    """A person who is monitored; `id` is the identifier that the ward uses."""

    id: str
    tz: str
    site: str
    demonstration: bool
    enrolled_at: datetime


class WearingOut(BaseModel):
    """The device belonged to the patient in [start, end); a null `end`: it still does."""

    device: str
    start: datetime | None
    end: datetime | None


class PatientDetail(PatientOut):
    """A patient as the worklist shows them. Null: there is none, or nothing was ever heard."""

    wearing: list[WearingOut]
    open_case: int | None
    severity: str | None
    verdict: str | None
    verdict_reason: str | None
    last_report_at: datetime | None
    last_movement_at: datetime | None
    last_status_at: datetime | None


class DayOut(BaseModel):
    """One index of one local day in its newest method; without `value` there is a `reason`."""

    day: date
    index: str
    value: float | None
    unit: str
    reason: str | None
    worn_min: float
    method: str
    computed_at: datetime


@router.get("")
def patients(db: Db, user: AsWardUser, limit: Limit = 100, cursor: Cursor = None) -> Page[PatientOut]:
    """The patients that you may see, by identifier."""
    place = place_of(cursor, str)
    query = visible_patients(user).order_by(Patient.code).limit(limit + 1)
    if place is not None:
        query = query.where(Patient.code > place[0])
    rows, further = cut(db.scalars(query).all(), limit, lambda p: (p.code,))
    zones = zones_of(db, (p.id for p in rows))
    record(db, now(), user.name, "patients.list", detail=f"{len(rows)} patients")
    return Page(items=[PatientOut(**_about(p, zones[p.id])) for p in rows], next=further)


@router.get("/{patient}")
def one_patient(db: Db, user: AsWardUser, patient: VisiblePatient, zone: PatientZone) -> PatientDetail:
    """One patient: devices, open case, what the rule said last."""
    row = worklist.worklist(db, user, now(), patient.code)[0]
    worn = db.execute(
        sa.select(Device.name, Wearing.during)
        .join(Device, Device.id == Wearing.device_id)
        .where(Wearing.patient_id == patient.id)
        .order_by(sa.func.lower(Wearing.during), Device.name)
    )
    return PatientDetail(
        **_about(patient, zone),
        wearing=[WearingOut(device=name, start=during.lower, end=during.upper) for name, during in worn],
        open_case=row.case_id,
        severity=row.severity,
        verdict=row.verdict,
        verdict_reason=row.verdict_reason,
        last_report_at=row.reported_at,
        last_movement_at=row.moved_at,
        last_status_at=row.heard_at,
    )


@router.get("/{patient}/days")
def days(
    db: Db,
    patient: VisiblePatient,
    zone: PatientZone,
    first: FromDay = None,
    last: ToDay = None,
    index: Annotated[list[str] | None, Query(max_length=50, description="may be repeated")] = None,
    limit: Limit = 500,
    cursor: Cursor = None,
) -> PatientPage[DayOut]:
    """Day indices, by day and name; the last 30 days unless you say which."""
    first, last = days_of(first, last, zone, 30, MOST_DAYS)
    place = place_of(cursor, str, str)
    newer = aliased(DayIndex)
    replaced = sa.exists().where(
        newer.patient_id == DayIndex.patient_id,
        newer.day == DayIndex.day,
        newer.index == DayIndex.index,
        sa.tuple_(newer.computed_at, newer.method) > sa.tuple_(DayIndex.computed_at, DayIndex.method),
    )
    query = (
        sa.select(DayIndex)
        .where(DayIndex.patient_id == patient.id, DayIndex.day.between(first, last), ~replaced)
        .order_by(DayIndex.day, DayIndex.index)
        .limit(limit + 1)
    )
    if index:
        query = query.where(DayIndex.index.in_(index))
    if place is not None:
        query = query.where(sa.tuple_(DayIndex.day, DayIndex.index) > (_day(place[0]), place[1]))
    rows, further = cut(db.scalars(query).all(), limit, lambda d: (d.day.isoformat(), d.index))
    items = [DayOut.model_validate(row, from_attributes=True) for row in rows]
    if own := [
        item for item in items if item.index in OF_DIARY
    ]:  # rests on no device: beside it stands the wear
        worn = worklist.day_indices(db, patient.id, own[0].day, own[-1].day, ["worn_min"])
        for item in own:
            of_day = worn.get((item.day, "worn_min"))
            item.worn_min = of_day.worn_min if of_day else 0.0
    return PatientPage(patient=patient.code, tz=name_at(zone, now()), items=items, next=further)


def _about(patient: Patient, zone: tzinfo) -> dict[str, Any]:
    return {
        "id": patient.code,
        "tz": name_at(zone, now()),
        "site": patient.site,
        "demonstration": patient.demonstration,
        "enrolled_at": patient.enrolled_at,
    }


def _day(text: str | int) -> date:
    try:
        return date.fromisoformat(str(text))
    except ValueError as error:
        detail = "`cursor` is not one of ours: take `next` of the page before."
        raise Problem(422, detail, "cursor") from error
