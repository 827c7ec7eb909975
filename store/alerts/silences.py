"""Silences: who wanted nobody to be told, of whom, why, until when, and who else agreed.

A snooze is the silence of one case. Nothing lasts longer than 30 days; urgent pages are covered only when a
second person has agreed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.access import Role, User, visible_patients
from store.alerts.cases import Case
from store.database import Base, StoreError


class AlertSilence(Base):
    """Of one ward, one patient, or one case. The database refuses to change what somebody agreed to."""

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
        sa.CheckConstraint("lower(btrim(second)) <> lower(btrim(author))", name="two_persons"),
        sa.CheckConstraint("btrim(reason) <> ''", name="reason_is_said"),
        sa.CheckConstraint("btrim(author) <> ''", name="author_is_named"),
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

    @property
    def kept_in(self) -> str:
        """Where the audit finds the reason: it may be clinical, and only its digest is in the audit."""
        return f"as written in alert_silence {self.id}"


class NotSilenced(StoreError):
    """This silence cannot be; the message says what is missing."""


#: (patient, site, severity): (until when, by whom) nobody may be told; None: anybody may.
Silenced = Callable[[int, str, str], tuple[datetime, str] | None]


def silences_over(
    session: Session, patients: Collection[int], sites: Collection[str], at: datetime
) -> Silenced:
    """Of whom among these patients, at these sites, nobody may be told.

    An urgent page passes through a silence that no second person has agreed to. The silences found are locked
    against being ended until the caller commits: whoever ends one sees each case that it has kept. One that
    is being ended in this moment silences nobody (so nobody waits, and in doubt somebody is told).
    """
    standing = session.execute(
        sa.select(
            AlertSilence.patient_id,
            AlertSilence.site,
            AlertSilence.second,
            AlertSilence.ends,
            AlertSilence.author,
        )
        .where(
            sa.or_(AlertSilence.patient_id.in_(patients), AlertSilence.site.in_(sites)),
            AlertSilence.begins <= at,
            *_stands(at),
        )
        .order_by(AlertSilence.ends.desc())
        .with_for_update(key_share=True, read=True, skip_locked=True)
    ).all()

    def silenced(patient_id: int, site: str, severity: str) -> tuple[datetime, str] | None:
        for one in standing:
            of_this = one.patient_id == patient_id or one.site == site
            if of_this and (severity != "high" or one.second is not None):
                return one.ends, one.author
        return None

    return silenced


def snooze_of(session: Session, case_id: int, at: datetime) -> AlertSilence | None:
    """The snooze of the case that is in force, or asked for."""
    return session.scalar(
        sa.select(AlertSilence)
        .where(AlertSilence.case_id == case_id, *_stands(at))
        .order_by(AlertSilence.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )


def end_snoozes(session: Session, case_id: int, by: str, at: datetime, of: datetime | None = None) -> None:
    """The snooze of the case that would have held until `of` (None: any, also one that was only asked for) is
    over before its time: the case was closed, or is more severe than what was agreed."""
    over = sa.update(AlertSilence).where(AlertSilence.case_id == case_id, *_stands(at))
    if of is not None:
        over = over.where(AlertSilence.ends == of)
    session.execute(over.values(ended_at=at, ended_by=by))


def standing_silences(
    session: Session,
    patients: sa.Select[Any],
    at: datetime,
    site: str | None = None,
    *,
    wards_only: bool = False,
) -> list[AlertSilence]:
    """Silences of these patients, of wards where one of them is (or of `site`), and snoozes of their cases,
    that have not ended; those that end first come first. A snooze may still wait for a second person.
    `wards_only`: of whole wards."""
    p = patients.subquery()
    theirs: list[sa.ColumnElement[bool]] = [AlertSilence.site.in_(sa.select(p.c.site))]
    if not wards_only:
        own = sa.func.coalesce(AlertSilence.patient_id, Case.patient_id).in_(sa.select(p.c.id))
        theirs.append(own)
    if site is not None:
        theirs.append(AlertSilence.site == site)
    found = session.scalars(
        sa.select(AlertSilence)
        .outerjoin(Case, Case.id == AlertSilence.case_id)
        .where(sa.or_(*theirs), *_stands(at))
        .order_by(AlertSilence.ends, AlertSilence.id)
    )
    return list(found)


def visible_silence(
    session: Session, user: User, silence_id: int
) -> tuple[AlertSilence, str | None, int | None] | None:
    """(silence, code and number of its patient), where it is of the user's ward or a patient they may see."""
    p = visible_patients(user).subquery()
    row = session.execute(
        sa.select(AlertSilence, p.c.code, p.c.id)
        .outerjoin(Case, Case.id == AlertSilence.case_id)
        .outerjoin(p, p.c.id == sa.func.coalesce(AlertSilence.patient_id, Case.patient_id))
        .where(AlertSilence.id == silence_id, sa.or_(_own_ward(user), p.c.id.is_not(None)))
    ).first()
    return None if row is None else (row[0], row[1], row[2])


def _stands(at: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return AlertSilence.ends > at, AlertSilence.ended_at.is_(None)


def silences_seen(
    session: Session,
    user: User,
    at: datetime,
    ended: bool,
    before: int | None,
    most: int,
    *,
    over: bool = False,
) -> list[tuple[AlertSilence, str | None]]:
    """The silences that the user may see, each with the code of its patient, the newest first; with `ended`
    also those that are over, with `over` these alone. `before`: those with a lower number."""
    p = visible_patients(user).subquery()
    query = (
        sa.select(AlertSilence, p.c.code)
        .outerjoin(Case, Case.id == AlertSilence.case_id)
        .outerjoin(p, p.c.id == sa.func.coalesce(AlertSilence.patient_id, Case.patient_id))
        .where(sa.or_(_own_ward(user), p.c.id.is_not(None)))
        .order_by(AlertSilence.id.desc())
        .limit(most)
    )
    if over:
        query = query.where(sa.not_(sa.and_(*_stands(at))))
    elif not ended:
        query = query.where(*_stands(at))
    if before is not None:
        query = query.where(AlertSilence.id < before)
    return [(silence, code) for silence, code in session.execute(query)]


def _own_ward(user: User) -> sa.ColumnElement[bool]:
    return AlertSilence.site == user.site if user.role is Role.CLINICIAN else sa.false()
