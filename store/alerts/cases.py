"""Cases: one open escalation for one patient, and its story. What tells of it is in `outbox`.

Technical cases (`store.alerts.technical`) stand in the same table; people answer both in the same way.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, Session, mapped_column

from ladder.words import SEVERITIES, CaseState, Outcome
from store import access
from store.database import Base, StoreError, notify, one_of

SYSTEM = access.SYSTEM  #: the actor of what no person did


class Case(Base):
    """An escalation. The database refuses a second open case of a kind for a patient."""

    __tablename__ = "case"
    __table_args__ = (
        sa.Index(
            "uq_case_one_open_a_patient",
            "patient_id",
            "kind",
            unique=True,
            postgresql_where=sa.text("state <> 'resolved'"),
        ),
        sa.CheckConstraint(one_of("kind", ("clinical", "technical")), name="kind"),
        sa.CheckConstraint(one_of("severity", SEVERITIES), name="severity"),
        sa.CheckConstraint(one_of("state", list(CaseState)), name="state"),
        sa.CheckConstraint(f"outcome IS NULL OR {one_of('outcome', list(Outcome))}", name="outcome"),
        sa.CheckConstraint("(state = 'resolved') = (outcome IS NOT NULL)", name="resolved_has_outcome"),
        sa.CheckConstraint("(acknowledged_at IS NULL) = (acknowledged_by IS NULL)", name="named_person"),
        sa.CheckConstraint("state <> 'resolved' OR next_at IS NULL", name="nothing_after_the_end"),
        sa.Index("ix_case_next_at", "next_at", postgresql_where=sa.text("next_at IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(sa.Identity(always=True), primary_key=True)
    patient_id: Mapped[int] = mapped_column(sa.ForeignKey("patient.id"), index=True)
    kind: Mapped[str]
    severity: Mapped[str] = mapped_column(comment="FHIR devicealert-priority")
    state: Mapped[str] = mapped_column(default=CaseState.OPENED)
    reason: Mapped[str] = mapped_column(comment="one sentence with the numbers, for clinicians only")
    opened_at: Mapped[datetime]
    last_evidence_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None]
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[str | None]
    outcome: Mapped[str | None]
    # What `ladder.life` keeps of it.
    paged: Mapped[bool] = mapped_column(
        default=False, comment="somebody is to be told; else it is there to be looked at"
    )
    rung: Mapped[int] = mapped_column(
        sa.Integer, default=0, comment="the last one taken since the ladder began"
    )
    repeats: Mapped[int] = mapped_column(sa.Integer, default=0, comment="of the last rung")
    step: Mapped[int] = mapped_column(
        sa.Integer, default=0, comment="how often somebody was to be told, ever"
    )
    unheard: Mapped[bool] = mapped_column(
        default=False, comment="the whole ladder was taken and nobody has answered"
    )
    next_at: Mapped[datetime | None] = mapped_column(
        comment="when the ladder moves, or an answer or a snooze ends"
    )
    held_until: Mapped[datetime | None] = mapped_column(comment="so long the acknowledgement holds")
    snoozed_until: Mapped[datetime | None]
    snoozed_severity: Mapped[str | None] = mapped_column(comment="up to which the snooze was agreed")
    assigned_to: Mapped[str | None]


class CaseEvent(Base):
    """One line in the story of a case; rows are only added."""

    __tablename__ = "case_event"

    id: Mapped[int] = mapped_column(sa.Identity(always=True), primary_key=True)
    case_id: Mapped[int] = mapped_column(sa.ForeignKey("case.id"), index=True)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(comment="opened, evidence, notified, acknowledged, resolved, comment")
    actor: Mapped[str]
    comment: Mapped[str | None]
    evidence: Mapped[dict[str, Any]] = mapped_column(pg.JSONB, default=dict)


class NoSuchCase(StoreError):
    """There is no such case, or not for this user."""


def with_open_case(session: Session, patients: Collection[int]) -> set[int]:
    """Who of them has an open clinical case."""
    still = (Case.patient_id.in_(patients), Case.kind == "clinical", Case.state != CaseState.RESOLVED)
    return set(session.scalars(sa.select(Case.patient_id).where(*still)))


def comment(session: Session, case_id: int, by: str, at: datetime, text: str) -> None:
    """Add a remark to the story of a case."""
    _must_exist(session, case_id)
    tell(session, case_id, at, "comment", by, text)


def keep_comment(
    session: Session, case_id: int, by: str, at: datetime, text: str | None, patient_id: int
) -> bool:
    """What somebody wrote with an answer that changed nothing, as somebody else was quicker, is kept in the
    story, with its audit entry. False: nothing was written, or it stands there from them already."""
    if text is None or not text.strip():
        return False
    theirs = (CaseEvent.case_id == case_id, CaseEvent.actor == by, CaseEvent.comment == text.strip())
    if session.scalar(sa.select(sa.exists().where(*theirs))):
        return False
    comment(session, case_id, by, at, text.strip())
    access.record(session, at, by, "case.comment", patient_id, f"case {case_id}")
    return True


def patient_of(session: Session, case_id: int) -> int:
    """Whose case it is. Raises `NoSuchCase`."""
    _must_exist(session, case_id)
    return session.scalars(sa.select(Case.patient_id).where(Case.id == case_id)).one()


def _must_exist(session: Session, case_id: int) -> None:
    if session.get(Case, case_id) is None:
        raise NoSuchCase(f"There is no case {case_id}.")


def tell(
    session: Session,
    case_id: int,
    at: datetime,
    kind: str,
    actor: str,
    comment: str | None = None,
    evidence: dict[str, Any] | None = None,
) -> None:
    """Add a line to the story of a case, and wake whoever shows it."""
    session.add(
        CaseEvent(case_id=case_id, at=at, kind=kind, actor=actor, comment=comment, evidence=evidence or {})
    )
    notify(session, "case")


def tell_together(session: Session, case_ids: Sequence[int], at: datetime, kind: str, actor: str) -> None:
    """The same line in the stories of many cases."""
    if case_ids:
        rows = [{"case_id": one, "at": at, "kind": kind, "actor": actor, "evidence": {}} for one in case_ids]
        session.execute(sa.insert(CaseEvent), rows)
        notify(session, "case")
