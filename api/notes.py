"""What a patient wrote, and what the lexicon found in it: for the ward, which can check it word by word."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.auth import Db
from api.paging import Cursor, Limit, PatientPage, behind, cut, place_of
from api.pain import place_in_time
from api.problems import documented
from api.visible import PatientZone, VisiblePatient
from api.windows import FromDay, ToDay, days_of, instants_of
from store.database import now
from store.diary import Report, reports_of
from store.notes import NoteFinding, StoredNote, notes_in
from store.zones import name_at

router = APIRouter(prefix="/api/v1/patients", tags=["notes"], responses=documented(401, 403, 404, 422))
MOST_DAYS = 400


class FindingOut(BaseModel):
    """One descriptor; `text` is `note[start:end]` in code points, `rule` the line of the lexicon."""

    kind: Annotated[str, Field(description="quality, site, severity, pattern, score")]
    value: str
    laterality: str | None
    start: int
    end: int
    text: str
    negated: bool
    uncertain: bool
    other_person: bool
    rule: str


class NoteOut(BaseModel):
    """The note of the newest form of one diary entry. `findings` is null, with a reason, when not read."""

    id: uuid.UUID
    day: date
    at: datetime
    revision: int
    note: str
    language: Annotated[str | None, Field(description="en, it, or unknown: read with the words of both")]
    lexicon: str | None
    findings: list[FindingOut] | None
    reason: str | None


@router.get("/{patient}/notes")
def notes(
    db: Db,
    patient: VisiblePatient,
    zone: PatientZone,
    first: FromDay = None,
    last: ToDay = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> PatientPage[NoteOut]:
    """Notes by time with what was found in them; the last 30 days unless you say which.

    Descriptors of what the patient wrote, by words alone: no judgement, and nothing is escalated by them.
    """
    first, last = days_of(first, last, zone, 30, MOST_DAYS)
    reports = reports_of(db, patient.id, *instants_of(first, last, zone))
    found = behind(reports, place_of(cursor, str, str), place_in_time)
    written = notes_in(db, [report.row for report in found])
    having = [report for report in found if report.row in written]
    page, further = cut(having[: limit + 1], limit, place_in_time)
    items = [_shown(report, written[report.row]) for report in page]
    return PatientPage(patient=patient.code, tz=name_at(zone, now()), items=items, next=further)


def _shown(report: Report, note: StoredNote) -> NoteOut:
    return NoteOut(
        id=report.entry,
        day=report.day,
        at=report.at,
        revision=report.revision,
        note=note.text,
        language=note.language,
        lexicon=note.lexicon,
        findings=None if note.reason else [_finding(one, note.text) for one in note.findings],
        reason=note.reason,
    )


def _finding(one: NoteFinding, text: str) -> FindingOut:
    return FindingOut(
        text=text[one.start : one.end],
        **{name: getattr(one, name) for name in FindingOut.model_fields if name != "text"},
    )
