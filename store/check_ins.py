"""Patients who are asked again: silent, and something else says that silence may be pain.

The diary page says so when it is opened; nothing is sent to a phone. At most once a local day, by the key.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.database import Base

HOLDS = timedelta(days=2)  #: as long the diary page goes on to ask


class CheckIn(Base):
    """One asking of one patient. Whether it was answered is worked out on reading, from the diary."""

    __tablename__ = "check_in"

    patient_id: Mapped[int] = mapped_column(sa.ForeignKey("patient.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True, comment="the patient's local day on which we ask")
    asked_at: Mapped[datetime]
    about: Mapped[date] = mapped_column(comment="the judged day that was the reason")
    seen_at: Mapped[datetime | None] = mapped_column(
        comment="when the diary page first said so; none: the patient has not opened it"
    )


def ask_again(session: Session, patient_id: int, day: date, about: date, at: datetime) -> bool:
    """Ask the patient on this local day; False where that was done before."""
    asked = session.scalar(
        pg.insert(CheckIn)
        .values(patient_id=patient_id, day=day, asked_at=at, about=about)
        .on_conflict_do_nothing()
        .returning(CheckIn.patient_id)
    )
    return asked is not None


def check_ins_of(session: Session, patient_id: int, since: datetime) -> list[CheckIn]:
    """The patient's askings from `since` on, the newest first."""
    found = sa.select(CheckIn).where(CheckIn.patient_id == patient_id, CheckIn.asked_at >= since)
    return list(session.scalars(found.order_by(CheckIn.day.desc())))


def asks_now(session: Session, patient_id: int, at: datetime) -> CheckIn | None:
    """The newest asking of the last two days: the diary page says it at `at`, unless it was answered since,
    which the caller knows."""
    found = check_ins_of(session, patient_id, at - HOLDS)
    return found[0] if found else None


def seen(check_in: CheckIn, at: datetime) -> None:
    """The patient's page says it; the first time counts."""
    check_in.seen_at = check_in.seen_at or at
