"""One diary entry by its own identifier, for whoever may see its patient."""

from __future__ import annotations

import uuid
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.access import User, visible_patients
from store.diary import PainReport, Report, reports_of
from store.people import Patient


def entries_named(session: Session, user: User, entry: uuid.UUID) -> list[tuple[Patient, Report]]:
    """The entries with that identifier that this user may see, in their newest form.

    Mostly none or one: identifiers are made by whoever writes an entry, so a phone and the ward, or two
    patients, may by mistake have used the same.
    """
    rows = session.execute(_WHERE, {"entry": entry}).all()
    seen = visible_patients(user).where(Patient.id.in_({row.patient_id for row in rows}))
    patients = {patient.id: patient for patient in session.scalars(seen)}
    found: dict[int, tuple[Patient, Report]] = {}
    for patient_id, at in rows:
        if patient_id in patients:
            for report in reports_of(session, patient_id, at, at + timedelta(microseconds=1)):
                if report.entry == entry:
                    found[report.row] = (patients[patient_id], report)
    return list(found.values())


def ward_entry(session: Session, patient_id: int, entry: uuid.UUID) -> Report:
    """The entry that was written down for this patient under that identifier, in its newest form."""
    row, at = session.execute(
        sa.select(PainReport.id, PainReport.at)
        .where(PainReport.patient_id == patient_id, PainReport.entry == entry)
        .order_by(PainReport.seq.desc())
        .limit(1)
    ).one()
    reports = reports_of(session, patient_id, at, at + timedelta(microseconds=1))
    return next(report for report in reports if report.row == row)


# Every revision is looked at: a correction may have moved the entry to another time.
_WHERE = sa.text(
    """
    SELECT r.patient_id, r.at FROM pain_report r WHERE r.entry = :entry AND r.patient_id IS NOT NULL
    UNION
    SELECT w.patient_id, r.at + c.shift FROM pain_report r
    JOIN clock c ON c.device_id = r.device_id AND r.at >= c.starts AND r.at < c.ends
    JOIN wearing w ON w.device_id = r.device_id AND w.during @> r.at + c.shift
    WHERE r.entry = :entry
    """
)
