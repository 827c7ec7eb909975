"""The response to each treatment of a patient, and which of them wait to be computed (again).

A changed local day, or a new treatment, makes due what its windows contain. The running day waits until it is
over, so a patient whose data flow is computed once a local day; a past day waits until an hour after the last
computing. What no day changes any more is settled: nothing marks it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, Session, mapped_column

from days.cut import day_of, day_start
from store.database import Base
from store.diary import Treatment
from store.zones import zone_of_patient

DAYS_BEFORE = 28  #: days before a treatment that its response sees
DAYS_AFTER = 84
AGAIN_AFTER = timedelta(hours=1)
_TWO_LONG_DAYS = timedelta(days=5)  #: a local day has at most 50 hours, across the date line


class Response(Base):
    """The newest response to one treatment, once `computed_at` is set."""

    __tablename__ = "response"
    __table_args__ = (
        sa.CheckConstraint("(computed_at IS NULL) = (result IS NULL)", name="computed_says_something"),
        sa.CheckConstraint("(computed_at IS NULL) = (method IS NULL)", name="computed_says_how"),
        sa.Index("ix_response_due", "due_at", postgresql_where=sa.text("due_at IS NOT NULL")),
        sa.Index("ix_response_patient", "patient_id"),  # those of one patient
    )

    treatment_id: Mapped[int] = mapped_column(sa.ForeignKey("treatment.id"), primary_key=True)
    patient_id: Mapped[int] = mapped_column(sa.ForeignKey("patient.id"))
    due_at: Mapped[datetime | None] = mapped_column(
        comment="from when on it is to be computed; none: settled"
    )
    marks: Mapped[int] = mapped_column(default=1, comment="counts what made it due")
    computed_at: Mapped[datetime | None]
    method: Mapped[str | None] = mapped_column(comment="name and version")
    result: Mapped[dict[str, Any] | None] = mapped_column(
        pg.JSONB(none_as_null=True), comment="endpoints, course, measures, each null with its reason"
    )


@dataclass(frozen=True, slots=True)
class Done:
    """A treatment as its response needs it."""

    id: int
    patient_id: int
    kind: str
    at: datetime
    technique: str | None


@dataclass(frozen=True, slots=True)
class Due:
    """A response that this worker has taken, with the marks it saw."""

    treatment_id: int
    patient_id: int
    marks: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A treatment and its response; without one it has not been computed yet."""

    done: Done
    computed_at: datetime | None
    method: str | None
    result: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class IndexDays:
    """One index over days, in its newest method; `units` has more than one where they must not be pooled."""

    units: tuple[str, ...]
    days: list[date]
    values: list[float]


STANDS = Treatment.withdrawn_at.is_(None)
_DONE = (Treatment.id, Treatment.patient_id, Treatment.kind, Treatment.at, Treatment.technique)


def mark_responses(session: Session, patient_id: int, days: Collection[date], at: datetime) -> None:
    """What was entered or computed of these local days changed: responses that see them are due.

    One look at the patient's treatments where there is none in reach, as of most patients.
    """
    if not days:
        return
    first, last = min(days), max(days)
    reach = (
        _midnight(first) - timedelta(days=DAYS_AFTER) - _TWO_LONG_DAYS,
        _midnight(last) + timedelta(days=DAYS_BEFORE) + _TWO_LONG_DAYS,
    )
    query = sa.select(Treatment.id, Treatment.at).where(
        Treatment.patient_id == patient_id, Treatment.at >= reach[0], Treatment.at < reach[1], STANDS
    )
    near = session.execute(query.order_by(Treatment.id)).all()
    if not near:
        return
    zone = zone_of_patient(session, patient_id)
    today = day_of(at, zone)
    over = any(day < today for day in days)
    tomorrow = day_start(today + timedelta(days=1), zone)
    for treatment_id, done_at in near:
        own = day_of(done_at, zone)
        if first <= own + timedelta(days=DAYS_AFTER) and last >= own - timedelta(days=DAYS_BEFORE):
            values = {"t": treatment_id, "p": patient_id, "at": at, "over": over, "tomorrow": tomorrow}
            session.execute(_MARK, {**values, "again": AGAIN_AFTER})


_MARK = sa.text(
    """
    INSERT INTO response (treatment_id, patient_id, due_at, marks) VALUES (:t, :p, :at, 1)
    ON CONFLICT (treatment_id) DO UPDATE SET
        marks = response.marks + 1,
        due_at = least(response.due_at, CASE
            WHEN response.computed_at IS NULL THEN CAST(:at AS timestamptz)
            WHEN :over THEN greatest(:at, response.computed_at + :again)
            ELSE :tomorrow END)
    """
)


def claim_response(session: Session, at: datetime) -> Due | None:
    """The response that is due for the longest; the caller commits at once, computes, and saves.

    It is due again in an hour if it is not saved until then: one over which a worker fails holds up no other.
    """
    row = session.execute(
        sa.text(
            """
            UPDATE response SET due_at = CAST(:at AS timestamptz) + :again
            WHERE treatment_id = (SELECT treatment_id FROM response WHERE due_at <= :at
                                  ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
            RETURNING treatment_id, patient_id, marks
            """
        ),
        {"at": at, "again": AGAIN_AFTER},
    ).first()
    return None if row is None else Due(*row)


def save_response(
    session: Session, due: Due, result: dict[str, Any], method: str, at: datetime, next_at: datetime | None
) -> None:
    """Store what was computed; it is due again at `next_at`, and in an hour where it was marked meanwhile."""
    again = sa.case((Response.marks == due.marks, next_at), else_=at + AGAIN_AFTER)
    session.execute(
        sa.update(Response)
        .where(Response.treatment_id == due.treatment_id)
        .values(result=result, method=method, computed_at=at, due_at=again)
    )


def forget_response(session: Session, treatment_id: int) -> None:
    """There is nothing to respond to."""
    session.execute(sa.delete(Response).where(Response.treatment_id == treatment_id))


def mark_other_methods(session: Session, method: str, at: datetime) -> int:
    """Responses that another version of the method computed are due; how many."""
    marked = session.execute(
        sa.update(Response)
        .where(Response.method.is_not(None), Response.method != method, Response.due_at.is_(None))
        .values(due_at=at, marks=Response.marks + 1)
    )
    return int(marked.rowcount)  # type: ignore[attr-defined]


def done_of(session: Session, patient_id: int) -> list[Done]:
    """The patient's treatments, oldest first."""
    query = (
        sa.select(*_DONE)
        .where(Treatment.patient_id == patient_id, STANDS)
        .order_by(Treatment.at, Treatment.id)
    )
    return [Done(*row) for row in session.execute(query)]


def daily_values(
    session: Session, patient_id: int, names: Iterable[str], first: date, last: date
) -> dict[str, IndexDays]:
    """The indices of the patient's days in [first, last] that have a value."""
    found: dict[str, list[tuple[date, float, str]]] = {}
    asked = {"p": patient_id, "names": list(names), "first": first, "last": last}
    for name, day, value, unit in session.execute(_NEWEST, asked):
        found.setdefault(name, []).append((day, value, unit))
    return {
        name: IndexDays(
            tuple(sorted({unit for _, _, unit in rows})),
            [day for day, _, _ in rows],
            [value for _, value, _ in rows],
        )
        for name, rows in found.items()
    }


_NEWEST = sa.text(
    """
    SELECT * FROM (
        SELECT DISTINCT ON (index, day) index, day, value, unit FROM day_index
        WHERE patient_id = :p AND day BETWEEN :first AND :last AND index = ANY(:names)
        ORDER BY index, day, computed_at DESC
    ) newest WHERE value IS NOT NULL ORDER BY index, day
    """
)


def responses_of(
    session: Session,
    patient_ids: Sequence[int],
    start: datetime,
    end: datetime,
    kind: str | None = None,
    before: int | None = None,
    most: int | None = None,
) -> list[Shown]:
    """Treatments at [start, end) with their responses, the last entered first, with id below `before`."""
    query = (
        sa.select(*_DONE, Response.computed_at, Response.method, Response.result)
        .outerjoin(Response, Response.treatment_id == Treatment.id)
        .where(Treatment.patient_id.in_(patient_ids), Treatment.at >= start, Treatment.at < end, STANDS)
        .order_by(Treatment.id.desc())
        .limit(most)
    )
    if kind is not None:
        query = query.where(Treatment.kind == kind)
    if before is not None:
        query = query.where(Treatment.id < before)
    return [Shown(Done(*row[:5]), *row[5:]) for row in session.execute(query)]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
