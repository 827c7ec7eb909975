"""What a patient has answered on the own diary page: one entry for each local day, found again by its id."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.diary import PainReport
from store.people import Patient


def entry_of_day(patient: Patient, day: date) -> uuid.UUID:
    """The id of the entry of that day: the same from every phone and with every link of the patient."""
    return uuid.uuid5(patient.pseudonym, f"diary page {day.isoformat()}")


def hold_diary(session: Session, patient_id: int) -> None:
    """Let nobody else write entries of this patient until the transaction ends, as `add_ward_report` does."""
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(patient_id)))


def answers_of(session: Session, patient: Patient, days: Iterable[date]) -> dict[date, PainReport]:
    """The newest form of the entry of each of these days; a day without one is absent."""
    entries = {entry_of_day(patient, day): day for day in days}
    found = session.scalars(
        sa.select(PainReport)
        .where(PainReport.patient_id == patient.id, PainReport.entry.in_(entries))
        .order_by(PainReport.seq)
    )
    return {entries[report.entry]: report for report in found}
