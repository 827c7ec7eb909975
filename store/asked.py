"""Whom somebody asks each day: only who was asked can have missed a day of the diary."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.database import Base, StoreError
from store.people import Patient


class DiaryAsked(Base):
    """The local days [first_day, last_day] on which a patient is asked; open where `last_day` is none.

    Who wears a device that sends diaries is asked without a row here: `store.diary_days`.
    """

    __tablename__ = "diary_asked"
    __table_args__ = (
        # That periods of a patient do not overlap is an exclusion constraint, see the migration.
        sa.CheckConstraint("last_day >= first_day", name="first_before_last"),
        sa.Index("ix_diary_asked_patient", "patient_id"),  # on which days is this one asked
    )

    id: Mapped[int] = mapped_column(sa.Identity(always=True), primary_key=True)
    patient_id: Mapped[int] = mapped_column(sa.ForeignKey("patient.id"))
    first_day: Mapped[date] = mapped_column(comment="the patient's local day")
    last_day: Mapped[date | None] = mapped_column(comment="included; none: until told")
    asked_by: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(comment="when that was said")
    ended_by: Mapped[str | None]
    ended_at: Mapped[datetime | None] = mapped_column(comment="when `last_day` was said, if later")


def asked_periods(session: Session, patient_id: int) -> list[DiaryAsked]:
    """What was said of a patient, in order."""
    query = sa.select(DiaryAsked).where(DiaryAsked.patient_id == patient_id)
    return list(session.scalars(query.order_by(DiaryAsked.first_day)))


def ask_daily(
    session: Session,
    patient_id: int,
    first_day: date,
    by: str,
    at: datetime,
    last_day: date | None = None,
) -> bool:
    """Say that the patient is asked on each local day from `first_day` on, or up to `last_day`.

    Days on which the patient was asked before stay asked: periods that touch become one, of whoever asked
    first. Returns whether anything is new, so whoever gives a patient a way to answer may say it each time.
    Raises `StoreError` where `last_day` is before `first_day`.
    """
    if last_day is not None and last_day < first_day:
        raise StoreError("A patient is asked from one day to a later one: check the two days.")
    _one_at_a_time(session, patient_id)
    touched = [
        one
        for one in asked_periods(session, patient_id)
        if (last_day is None or one.first_day <= last_day)
        and (one.last_day is None or one.last_day >= first_day)
    ]
    if not touched:
        session.add(
            DiaryAsked(
                patient_id=patient_id, first_day=first_day, last_day=last_day, asked_by=by, asked_at=at
            )
        )
        session.flush()
        return True
    kept = touched[0]
    begins = min(kept.first_day, first_day)
    ends = None if last_day is None else last_day
    for one in touched:
        ends = None if ends is None or one.last_day is None else max(ends, one.last_day)
    if len(touched) == 1 and (kept.first_day, kept.last_day) == (begins, ends):
        return False
    for one in touched[1:]:
        session.delete(one)
    session.flush()  # the deletes first: the exclusion constraint is checked row by row
    kept.first_day, kept.last_day = begins, ends
    kept.ended_by = kept.ended_at = None
    session.flush()
    return True


def stop_asking(session: Session, patient_id: int, last_day: date, by: str, at: datetime) -> bool:
    """Say that the patient is not asked after `last_day`; whether that changed anything.

    A period that would begin later is no more. A device that the patient wears goes on to ask.
    """
    _one_at_a_time(session, patient_id)
    later = [
        one for one in asked_periods(session, patient_id) if one.last_day is None or one.last_day > last_day
    ]
    for one in later:
        if one.first_day > last_day:
            session.delete(one)
        else:
            one.last_day, one.ended_by, one.ended_at = last_day, by, at
    session.flush()
    return bool(later)


def _one_at_a_time(session: Session, patient_id: int) -> None:
    # Two who say it at once must not each write what the other one does not see.
    session.execute(sa.select(Patient.id).where(Patient.id == patient_id).with_for_update(key_share=True))
