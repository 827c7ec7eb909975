"""Writing down what was done for a patient; the table is in `store.diary`."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.diary import Treatment


def add_treatment(
    session: Session, patient_id: int, kind: str, done_at: datetime, detail: str | None, by: str, at: datetime
) -> tuple[Treatment, bool]:
    """The treatment, and whether it is new: the same again (kind, time, detail) changes nothing."""
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(patient_id)))
    there = session.scalar(
        sa.select(Treatment).where(
            Treatment.patient_id == patient_id,
            Treatment.kind == kind,
            Treatment.at == done_at,
            Treatment.detail.is_not_distinct_from(detail),
        )
    )
    if there is not None:
        return there, False
    added = Treatment(
        patient_id=patient_id, kind=kind, at=done_at, detail=detail, entered_by=by, entered_at=at
    )
    session.add(added)
    session.flush()
    return added, True


def treatments_of(
    session: Session, patient_id: int, start: datetime, end: datetime, before: int | None, most: int
) -> list[Treatment]:
    """The patient's treatments at [start, end) with id below `before`, the last entered first."""
    found = sa.select(Treatment).where(
        Treatment.patient_id == patient_id, Treatment.at >= start, Treatment.at < end
    )
    if before is not None:
        found = found.where(Treatment.id < before)
    return list(session.scalars(found.order_by(Treatment.id.desc()).limit(most)))
