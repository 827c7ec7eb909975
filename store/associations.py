"""Asked and answered: how an index and daily worst pain move together within some patients.

Whoever asks adds a row; analytics claims it, computes, and fills it. The result is kept with what it was
computed from, so that it can be read again and doubted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.database import Base, notify
from store.zones import local_day, zone_at


class Association(Base):
    """One question, and its answer once `computed_at` is set: a result, or the reason why there is none."""

    __tablename__ = "association"
    __table_args__ = (
        sa.CheckConstraint("first <= last", name="window"),
        sa.CheckConstraint("(computed_at IS NULL) = (method IS NULL)", name="computed_says_how"),
        sa.CheckConstraint("computed_at IS NULL OR num_nonnulls(result, reason) >= 1", name="says_something"),
        sa.Index("ix_association_waiting", "id", postgresql_where=sa.text("computed_at IS NULL")),
        sa.Index("ix_association_patients", "patient_ids", postgresql_using="gin"),  # those with a patient
    )

    id: Mapped[int] = mapped_column(sa.Identity(always=True), primary_key=True)
    asked_at: Mapped[datetime]
    asked_by: Mapped[str]
    aggregate: Mapped[bool] = mapped_column(comment="asked by a researcher: shown as an aggregate only")
    patient_ids: Mapped[list[int]] = mapped_column(pg.ARRAY(sa.BigInteger))
    index: Mapped[str] = mapped_column("index")
    first: Mapped[date] = mapped_column(comment="first local day of the window")
    last: Mapped[date] = mapped_column(comment="last local day of the window")
    computed_at: Mapped[datetime | None]
    method: Mapped[str | None] = mapped_column(comment="name and version")
    n_patients: Mapped[int | None] = mapped_column(sa.Integer, comment="with two or more complete days")
    n_days: Mapped[int | None] = mapped_column(sa.Integer, comment="complete days of those patients")
    result: Mapped[dict[str, Any] | None] = mapped_column(pg.JSONB(none_as_null=True))
    reason: Mapped[str | None] = mapped_column(comment="why there is no result")


@dataclass(frozen=True, slots=True)
class PatientDay:
    """One local day of one patient; None: there is no such value on that day."""

    patient_id: int
    day: date
    value: float | None  #: of the index, in its newest method
    worst: int | None  #: 0 to 10; of the newest report of that day that was answered


def request_association(
    session: Session,
    patient_ids: Sequence[int],
    index: str,
    first: date,
    last: date,
    by: str,
    at: datetime,
    *,
    aggregate: bool = False,
) -> Association:
    """Ask for an association over the local days [first, last]; analytics is woken at the commit."""
    asked = Association(
        asked_at=at,
        asked_by=by,
        aggregate=aggregate,
        patient_ids=sorted(set(patient_ids)),
        index=index,
        first=first,
        last=last,
    )
    session.add(asked)
    session.flush()
    notify(session, "association")
    return asked


def claim_association(session: Session) -> Association | None:
    """The oldest question without an answer, locked until this transaction ends; None when there is none.

    Compute and call `save_association` in the same transaction. A worker that dies gives it back.
    """
    return session.scalar(
        sa.select(Association)
        .where(Association.computed_at.is_(None))
        .order_by(Association.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


def save_association(
    session: Session,
    asked: Association,
    *,
    result: dict[str, Any] | None,
    reason: str | None,
    n_patients: int,
    n_days: int,
    method: str,
    at: datetime,
) -> None:
    """Answer a question that this transaction claimed: with a result, or with a reason, or with both."""
    asked.result, asked.reason = result, reason
    asked.n_patients, asked.n_days = n_patients, n_days
    asked.method, asked.computed_at = method, at
    session.flush()
    notify(session, "association")


def waiting_of(session: Session, by: str) -> int:
    """How many questions of one person or program wait for an answer."""
    count = sa.select(sa.func.count()).select_from(Association)
    return session.scalar(count.where(Association.asked_by == by, Association.computed_at.is_(None))) or 0


def association(session: Session, association_id: int, visible: sa.Select[Any] | None) -> Association | None:
    """The question of that id if all of its patients are among `visible` (a select of patient ids).

    Without `visible` only what was asked for as an aggregate is found.
    """
    found = sa.select(Association).where(Association.id == association_id)
    return session.scalar(_readable(found, visible))


def associations_of(
    session: Session,
    patient_id: int,
    visible: sa.Select[Any],
    index: str | None,
    before: int | None,
    most: int,
) -> list[Association]:
    """The newest questions, with id below `before`, that include this patient and only visible ones."""
    found = sa.select(Association).where(Association.patient_ids.contains([patient_id]))
    if index is not None:
        found = found.where(Association.index == index)
    if before is not None:
        found = found.where(Association.id < before)
    return list(session.scalars(_readable(found, visible).order_by(Association.id.desc()).limit(most)))


def index_and_pain(
    session: Session, patient_ids: Sequence[int], index: str, first: date, last: date
) -> list[PatientDay]:
    """The index and the worst pain of each local day in [first, last] that has one of them, in order."""
    # Local days reach at most 14 hours into the neighbouring UTC days, also on a journey.
    low = datetime.combine(first, time(), UTC) - timedelta(days=1)
    high = datetime.combine(last, time(), UTC) + timedelta(days=2)
    rows = session.execute(
        _INDEX_AND_PAIN,
        {"p": list(patient_ids), "index": index, "first": first, "last": last, "low": low, "high": high},
    )
    return [PatientDay(*row) for row in rows]


def units_of(session: Session, patient_ids: Sequence[int], index: str, first: date, last: date) -> list[str]:
    """The units in which these patients have the index: counts and mg must not be pooled."""
    return list(
        session.scalars(
            sa.text(
                """
                SELECT DISTINCT unit FROM day_index
                WHERE patient_id = ANY(:p) AND day BETWEEN :first AND :last AND "index" = :index
                  AND value IS NOT NULL ORDER BY unit
                """
            ),
            {"p": list(patient_ids), "index": index, "first": first, "last": last},
        )
    )


_INDEX_AND_PAIN = sa.text(
    f"""
    WITH own AS (
        SELECT w.patient_id AS whose, r.at + c.shift AS true_at, r.* FROM wearing w
        JOIN clock c ON c.device_id = w.device_id
        JOIN pain_report r ON r.device_id = w.device_id AND w.during @> r.at + c.shift
             AND r.at >= greatest(c.starts, :low - c.shift) AND r.at < least(c.ends, :high - c.shift)
        WHERE w.patient_id = ANY(:p)
        UNION ALL
        SELECT r.patient_id, r.at, r.* FROM pain_report r
        WHERE r.patient_id = ANY(:p) AND r.at >= :low AND r.at < :high
    ), pain AS (
        SELECT DISTINCT ON (own.whose, {local_day("own.true_at")})
               own.whose, {local_day("own.true_at")} AS day, own.worst
        FROM own JOIN patient p ON p.id = own.whose {zone_at("own.true_at")}
        WHERE own.worst IS NOT NULL AND NOT EXISTS (
            SELECT FROM pain_report b
            WHERE b.entry = own.entry AND (b.boot, b.seq) > (own.boot, own.seq)
              AND b.device_id IS NOT DISTINCT FROM own.device_id
              AND b.patient_id IS NOT DISTINCT FROM own.patient_id
        )
        ORDER BY own.whose, {local_day("own.true_at")}, own.true_at DESC, own.id DESC
    ), newest AS (
        SELECT DISTINCT ON (patient_id, day) patient_id, day, value FROM day_index
        WHERE patient_id = ANY(:p) AND day BETWEEN :first AND :last AND "index" = :index
        ORDER BY patient_id, day, computed_at DESC
    )
    SELECT coalesce(n.patient_id, pain.whose) AS patient_id, coalesce(n.day, pain.day) AS day,
           n.value, pain.worst
    FROM (SELECT * FROM newest WHERE value IS NOT NULL) n
    FULL JOIN (SELECT * FROM pain WHERE day BETWEEN :first AND :last) pain
         ON (pain.whose, pain.day) = (n.patient_id, n.day)
    ORDER BY 1, 2
    """
)


def _readable(found: sa.Select[Association], visible: sa.Select[Any] | None) -> sa.Select[Association]:
    if visible is None:
        return found.where(Association.aggregate)
    return found.where(
        ~Association.aggregate,
        Association.patient_ids.contained_by(sa.func.array(visible.scalar_subquery())),
    )
