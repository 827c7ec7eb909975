"""Writing down what was done for a patient; the table is in `store.diary`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.diary import Treatment


@dataclass(frozen=True, slots=True)
class Particulars:
    """What is said of a treatment in columns; None: nothing."""

    technique: str | None = None
    fractions: int | None = None
    dose_gy: float | None = None
    site: str | None = None
    drug: str | None = None
    cycle: int | None = None
    until: datetime | None = None
    note: str | None = None


NOTHING_SAID = Particulars()


def add_treatment(
    session: Session,
    patient_id: int,
    kind: str,
    done_at: datetime,
    detail: str | None,
    by: str,
    at: datetime,
    said: Particulars = NOTHING_SAID,
) -> tuple[Treatment, bool]:
    """The treatment, and whether it is new: the same again (kind, time, all that is said) changes nothing.

    One that was withdrawn is not the same: entered again, it is a new one.
    """
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(patient_id)))
    told = {"detail": detail, **asdict(said)}
    there = session.scalar(
        sa.select(Treatment).where(
            Treatment.patient_id == patient_id,
            Treatment.kind == kind,
            Treatment.at == done_at,
            Treatment.withdrawn_at.is_(None),
            *(getattr(Treatment, name).is_not_distinct_from(value) for name, value in told.items()),
        )
    )
    if there is not None:
        return there, False
    added = Treatment(patient_id=patient_id, kind=kind, at=done_at, entered_by=by, entered_at=at, **told)
    session.add(added)
    session.flush()
    return added, True


def withdraw_treatment(
    session: Session, patient_id: int, treatment_id: int, by: str, at: datetime
) -> tuple[Treatment, bool] | None:
    """Say that a treatment was entered wrongly; whether that is new. None: the patient has no such treatment.

    The row stays, with who withdrew it and when; it is not shown or used any more.
    """
    kept = session.scalar(
        sa.select(Treatment)
        .where(Treatment.patient_id == patient_id, Treatment.id == treatment_id)
        .with_for_update()
    )
    if kept is None:
        return None
    if kept.withdrawn_at is not None:
        return kept, False
    kept.withdrawn_by, kept.withdrawn_at = by, at
    session.flush()
    return kept, True


def treatments_of(
    session: Session, patient_id: int, start: datetime, end: datetime, before: int | None, most: int
) -> list[Treatment]:
    """The patient's treatments at [start, end) with id below `before`, the last entered first."""
    found = _standing(patient_id).where(Treatment.at >= start, Treatment.at < end)
    if before is not None:
        found = found.where(Treatment.id < before)
    return list(session.scalars(found.order_by(Treatment.id.desc()).limit(most)))


def treatments_going_on(
    session: Session, patient_id: int, start: datetime, end: datetime, most: int = 200
) -> list[Treatment]:
    """The patient's treatments in [start, end), also of courses that only reach into it; newest first."""
    found = _standing(patient_id).where(
        Treatment.at < end, sa.func.coalesce(Treatment.until, Treatment.at) >= start
    )
    return list(session.scalars(found.order_by(Treatment.at.desc(), Treatment.id.desc()).limit(most)))


def _standing(patient_id: int) -> sa.Select[Treatment]:
    found = sa.select(Treatment).where(Treatment.patient_id == patient_id)
    return found.where(Treatment.withdrawn_at.is_(None))
