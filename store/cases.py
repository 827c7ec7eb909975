"""Cases: one open escalation for one patient, and its story. What tells of it is in `outbox`.

Technical cases (`store.technical`) stand in the same table; people answer both in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, Session, mapped_column

from store import outbox
from store.database import Base, StoreError, notify, one_of


class CaseState(StrEnum):
    """Where a case stands; it is open while it is not resolved."""

    OPENED = "opened"
    NOTIFIED = "notified"
    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "in_progress"
    RESOLVED = "resolved"


class Outcome(StrEnum):
    """What a resolved case turned out to be."""

    ACTED = "acted"
    NO_ACTION = "no_action"
    EXPECTED_LEVEL = "expected_level"
    FALSE = "false"
    TECHNICAL = "technical"
    OTHER = "other"


SEVERITIES = ("high", "medium", "low", "info")
SYSTEM = "actalgia"  #: the actor of what no person did


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


def open_or_join(
    session: Session,
    patient_id: int,
    severity: str,
    reason: str,
    evidence: dict[str, Any],
    channels: Sequence[str],
    at: datetime,
    *,
    page: bool = True,
) -> tuple[int, bool]:
    """The patient's one open clinical case with this evidence in it; (case id, whether it was opened now).

    A new case brings its outbox rows in the same transaction. Evidence that is more severe raises the
    severity, and is told again as the next step where nobody has acknowledged yet; it never lowers it.
    Without `page` nobody is told, however severe: the case is there to be looked at. The first page of such
    a case takes back that somebody has acknowledged it, since what they saw was no page.
    """
    opened = session.scalar(
        pg.insert(Case)
        .values(
            patient_id=patient_id,
            kind="clinical",
            severity=severity,
            state=CaseState.OPENED,
            reason=reason,
            opened_at=at,
            last_evidence_at=at,
        )
        .on_conflict_do_nothing(
            index_elements=["patient_id", "kind"], index_where=sa.text("state <> 'resolved'")
        )
        .returning(Case.id)
    )
    if opened is not None:
        tell(session, opened, at, "opened", SYSTEM, evidence=evidence)
        if page:
            outbox.put(session, opened, channels, at)
        return opened, True
    case = session.scalars(
        sa.select(Case)
        .where(Case.patient_id == patient_id, Case.kind == "clinical", Case.state != CaseState.RESOLVED)
        .with_for_update()
    ).one_or_none()
    if case is None:  # resolved between the two statements: this evidence opens the next one
        return open_or_join(session, patient_id, severity, reason, evidence, channels, at, page=page)
    case.last_evidence_at = at
    worse = SEVERITIES.index(severity) < SEVERITIES.index(case.severity)
    if worse or severity == case.severity:
        case.severity, case.reason = severity, reason
    tell(session, case.id, at, "evidence", SYSTEM, evidence=evidence)
    first = page and not outbox.ever_put(session, case.id)
    if first and case.acknowledged_at is not None:
        case.state, case.acknowledged_at, case.acknowledged_by = CaseState.OPENED, None, None
    if first or (page and worse and case.acknowledged_at is None):
        outbox.put(session, case.id, channels, at)
    session.flush()
    return case.id, False


def has_open_case(session: Session, patient_id: int) -> bool:
    """Whether the patient has an open clinical case."""
    still = sa.exists().where(
        Case.patient_id == patient_id, Case.kind == "clinical", Case.state != CaseState.RESOLVED
    )
    return bool(session.scalar(sa.select(still)))


def acknowledge(session: Session, case_id: int, by: str, at: datetime, comment: str | None = None) -> bool:
    """ "I have seen this." What waits to be sent is cancelled. False when somebody had said so before."""
    changed = session.scalar(
        sa.update(Case)
        .where(Case.id == case_id, Case.state.in_((CaseState.OPENED, CaseState.NOTIFIED)))
        .values(state=CaseState.ACKNOWLEDGED, acknowledged_at=at, acknowledged_by=by)
        .returning(Case.id)
    )
    if changed is None:
        _must_exist(session, case_id)
        return False
    tell(session, case_id, at, "acknowledged", by, comment)
    outbox.cancel(session, case_id)
    return True


def resolve(
    session: Session, case_id: int, by: str, outcome: Outcome, at: datetime, comment: str | None = None
) -> bool:
    """Close a case with what it turned out to be. False when it was closed before."""
    changed = session.scalar(
        sa.update(Case)
        .where(Case.id == case_id, Case.state != CaseState.RESOLVED)
        .values(
            state=CaseState.RESOLVED,
            resolved_at=at,
            resolved_by=by,
            outcome=outcome,
            # Who resolves without acknowledging first has seen it, too.
            acknowledged_at=sa.func.coalesce(Case.acknowledged_at, at),
            acknowledged_by=sa.func.coalesce(Case.acknowledged_by, by),
        )
        .returning(Case.id)
    )
    if changed is None:
        _must_exist(session, case_id)
        return False
    tell(session, case_id, at, "resolved", by, comment, {"outcome": str(outcome)})
    outbox.cancel(session, case_id)
    return True


def comment(session: Session, case_id: int, by: str, at: datetime, text: str) -> None:
    """Add a remark to the story of a case."""
    _must_exist(session, case_id)
    tell(session, case_id, at, "comment", by, text)


def notified(session: Session, case_id: int, at: datetime) -> None:
    """A message about the case is out: an opened case is notified, any other stays what it is."""
    changed = session.scalar(
        sa.update(Case)
        .where(Case.id == case_id, Case.state == CaseState.OPENED)
        .values(state=CaseState.NOTIFIED)
        .returning(Case.id)
    )
    if changed is not None:
        tell(session, changed, at, "notified", SYSTEM)


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
    session.flush()
    notify(session, "case")
