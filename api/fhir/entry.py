"""Entries of the diary between the store and the resources that show them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from api.auth import Db
from api.entries import DiaryIn
from api.fhir.answers import uuid_in
from api.pain import ReportOut, shown, write_down
from api.problems import Problem
from store.access import User, record
from store.database import now
from store.diary import Report, reports_of
from store.diary_entries import entries_named, ward_entry
from store.people import Patient
from store.zones import zone_of_patient


def created(db: Db, user: User, patient: Patient, entry: DiaryIn) -> tuple[ReportOut, bool]:
    """Store an entry as the API does; how it stands now, and whether anything was new."""
    stored = write_down(db, user, patient, zone_of_patient(db, patient.id), entry)
    if not stored.changed:  # the answer shows what is there, whoever wrote it
        record(db, now(), user.name, "patient.view", patient.id, "fhir repeated")
    report = ward_entry(db, patient.id, entry.id)
    return shown(db, [report])[0], stored.changed


def entry_named(db: Db, user: User, identifier: str, what: str) -> tuple[Patient, ReportOut]:
    """The one entry with that UUID; the look is written down. Raises `Problem` 404, or 409 for several."""
    named = uuid_in(identifier)
    found = [] if named is None else entries_named(db, user, uuid.UUID(named))
    if not found:
        raise Problem(404, "There is no such entry.", "no_such_entry")
    for patient_id in {patient.id for patient, _ in found}:
        record(db, now(), user.name, "patient.view", patient_id, f"fhir {what}")
    if len(found) > 1:
        raise Problem(409, "Several entries have this identifier: search by patient.", "several_entries")
    patient, report = found[0]
    return patient, shown(db, [report])[0]


def entries_between(db: Db, patient_id: int, start: datetime, end: datetime) -> list[Report]:
    """The patient's entries in [start, end) in the order of pages."""
    return sorted(reports_of(db, patient_id, start, end), key=rank)


def rank(report: Report) -> tuple[str, str, int]:
    """Where an entry stands in a list; no other one stands there."""
    return report.at.isoformat(), str(report.entry), report.row


def instant(at: datetime) -> str:
    """A time as FHIR writes it, in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
