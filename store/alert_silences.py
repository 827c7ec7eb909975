"""Silences: who wanted nobody to be told, of whom, why, until when, and who else agreed.

A snooze is the silence of one case. Nothing lasts longer than 30 days; urgent pages are covered only when a
second person has agreed.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.database import Base, StoreError


class AlertSilence(Base):
    """Of one ward, one patient, or one case."""

    __tablename__ = "alert_silence"
    __table_args__ = (
        *(
            sa.Index(
                f"ix_alert_silence_{column}",
                column,
                "ends",
                postgresql_where=sa.text(f"{column} IS NOT NULL"),
            )
            for column in ("site", "patient_id", "case_id")
        ),
        sa.CheckConstraint("num_nonnulls(site, patient_id, case_id) = 1", name="of_one"),
        sa.CheckConstraint("ends > begins AND ends <= begins + interval '30 days'", name="not_too_long"),
        sa.CheckConstraint("second <> author", name="two_persons"),
        sa.CheckConstraint("(second IS NULL) = (second_at IS NULL)", name="second_has_a_time"),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="named_end"),
    )

    id: Mapped[int] = mapped_column(sa.Identity(always=True), primary_key=True)
    site: Mapped[str | None]
    patient_id: Mapped[int | None] = mapped_column(sa.ForeignKey("patient.id"))
    case_id: Mapped[int | None] = mapped_column(sa.ForeignKey("case.id"), comment="a snooze")
    reason: Mapped[str]
    author: Mapped[str]
    begins: Mapped[datetime]
    ends: Mapped[datetime]
    second: Mapped[str | None] = mapped_column(comment="who else agrees: urgent pages are covered, too")
    second_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None] = mapped_column(comment="before its time")
    ended_by: Mapped[str | None]


LONGEST = timedelta(days=30)


class NotSilenced(StoreError):
    """This silence cannot be; the message says what is missing."""


def silenced_until(
    session: Session, patient_id: int, site: str, severity: str, at: datetime
) -> tuple[datetime, str] | None:
    """(until when, why) nobody may be told of this patient; None: anybody may.

    An urgent page passes through a silence that no second person has agreed to.
    """
    covers = [
        sa.or_(AlertSilence.patient_id == patient_id, AlertSilence.site == site),
        AlertSilence.begins <= at,
        AlertSilence.ends > at,
        AlertSilence.ended_at.is_(None),
    ]
    if severity == "high":
        covers.append(AlertSilence.second.is_not(None))
    found = session.execute(
        sa.select(AlertSilence.ends, AlertSilence.author, AlertSilence.reason)
        .where(*covers)
        .order_by(AlertSilence.ends.desc())
        .limit(1)
    ).first()
    return None if found is None else (found.ends, f"{found.author}: {found.reason}")
