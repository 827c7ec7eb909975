"""The pain diary of a patient, as the ward reads and writes it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime, tzinfo
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from api.auth import AsWardUser, Db
from api.entries import DiaryIn, Stored, touch
from api.paging import Cursor, Limit, PatientPage, behind, cut, place_of
from api.problems import documented
from api.severities import CutPointsInUse, CutPointsOut
from api.visible import PatientZone, VisiblePatient
from api.windows import FromDay, ToDay, days_of, instants_of
from days.cut import day_of
from severity.cut_points import Severity, severity
from store.access import User, record
from store.database import now
from store.diary import NRS_FIELDS, PainReport, Report, add_ward_report, reports_of
from store.people import Patient
from store.zones import name_at

router = APIRouter(prefix="/api/v1/patients", tags=["pain"], responses=documented(401, 403, 404, 413, 422))
MOST_DAYS = 400


class ReportOut(BaseModel):
    """The newest form of one diary entry."""

    id: uuid.UUID
    day: date
    at: datetime
    entered_at: datetime | None
    received_at: datetime
    state: str
    revision: int
    worst: int | None
    average: int | None
    least: int | None
    now: int | None
    interference: int | None
    breakthrough: int | None
    rescue_doses: int | None
    skipped: str | None
    sites: list[str] | None
    doses: list[dict[str, Any]] | None
    note: str | None
    severity: Severity | None = Field(None, description="of `worst`")


class PainPage(PatientPage[ReportOut]):
    """A page of entries, and by which cut points their severity is called so."""

    cut_points: CutPointsOut


@router.get("/{patient}/pain")
def pain(
    db: Db,
    patient: VisiblePatient,
    zone: PatientZone,
    cut_points: CutPointsInUse,
    first: FromDay = None,
    last: ToDay = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> PainPage:
    """Diary entries by time, each in its newest form; the last 30 days unless you say which."""
    first, last = days_of(first, last, zone, 30, MOST_DAYS)
    found = reports_of(db, patient.id, *instants_of(first, last, zone))
    rows = behind(found, place_of(cursor, str, str), place_in_time)
    page, further = cut(rows[: limit + 1], limit, place_in_time)
    said = CutPointsOut.of(cut_points)
    items = shown(db, page)
    for item in items:
        item.severity = severity(item.worst, cut_points)
    return PainPage(patient=patient.code, tz=name_at(zone, now()), items=items, next=further, cut_points=said)


def place_in_time(report: Report) -> tuple[str, str]:
    """The order of entries in a list, and the cursor of one."""
    return report.at.isoformat(), str(report.entry)


@router.post("/{patient}/pain", status_code=201)
def add_pain(
    db: Db, user: AsWardUser, patient: VisiblePatient, zone: PatientZone, entry: DiaryIn, response: Response
) -> Stored:
    """Write down what a patient said. Repeating it changes nothing (200); it is committed when answered."""
    stored = write_down(db, user, patient, zone, entry)
    response.status_code = 201 if stored.changed else 200
    return stored


def write_down(db: Db, user: User, patient: Patient, zone: tzinfo, entry: DiaryIn) -> Stored:
    """Store an entry, whichever way it came, have the rule look again and note who wrote it."""
    at = now()
    values = {
        "entry": entry.id,
        "at": entry.at,
        "entered_at": entry.entered_at,
        "received_at": at,
        "skipped": entry.skipped,
        "breakthrough": entry.breakthrough,
        "rescue_doses": entry.rescue_doses,
        **{field: getattr(entry, field) for field in NRS_FIELDS},
        "detail": entry.model_dump(mode="json", include={"sites", "doses", "note"}, exclude_none=True),
    }
    changed = add_ward_report(db, patient.id, values)
    day = touch(db, patient, zone, entry.at, at) if changed else day_of(entry.at, zone)
    if changed:
        record(db, at, user.name, "pain.add", patient.id, str(entry.id))
    return Stored(id=str(entry.id), day=day, changed=changed)


def shown(db: Db, reports: Sequence[Report]) -> list[ReportOut]:
    """These entries with all that was said in them."""
    more = _details(db, [r.row for r in reports])
    return [_shown(r, *more.get(r.row, (None, {}))) for r in reports]


def _shown(report: Report, skipped: str | None, detail: dict[str, Any]) -> ReportOut:
    said: dict[str, Any] = {key: detail.get(key) for key in ("sites", "doses", "note")}
    said |= report.scores
    names = ("day", "at", "entered_at", "received_at", "state", "revision")
    said |= {name: getattr(report, name) for name in names}
    return ReportOut(id=report.entry, skipped=skipped, **said)


def _details(db: Db, rows: list[int]) -> dict[int, tuple[str | None, dict[str, Any]]]:
    """Reason for no answer, sites, doses and note of these reports."""
    found = db.scalars(sa.select(PainReport).where(PainReport.id.in_(rows)))
    return {r.id: (r.skipped, r.detail) for r in found}
