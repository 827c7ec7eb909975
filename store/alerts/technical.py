"""Technical cases: device or data trouble of one patient. Nothing here writes to the outbox.

What a case stands for is in the newest of its events that lists `reasons`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Session

from ladder.words import CaseState, Outcome
from store.alerts.cases import SYSTEM, Case, CaseEvent, tell

KIND = "technical"
CANNOT_JUDGE = "cannot_judge"  #: the kind of the reason that is about no device
SEVERITY = "low"
_A_LONG_DAY = timedelta(hours=51)  #: no local day is longer, across the date line neither
_RUN = 5_230_117_605


@dataclass(frozen=True, slots=True)
class StandingCase:
    """An open technical case with what it stands for, each reason as it was written."""

    case_id: int
    patient_id: int
    text: str
    reasons: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class ClosedByHand:
    """A technical case that a person closed not long ago."""

    patient_id: int
    at: datetime
    reasons: list[dict[str, Any]]


def only_run(session: Session) -> bool:
    """Whether no other process judges device trouble until this transaction ends."""
    return bool(session.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(_RUN))))


def standing_cases(session: Session) -> list[StandingCase]:
    """The open technical cases. Nobody answers them until this transaction ends."""
    locked = session.execute(
        sa.text(
            """
            SELECT c.id, c.patient_id, c.reason FROM "case" c
            WHERE c.kind = 'technical' AND c.state <> 'resolved' ORDER BY c.id FOR UPDATE
            """
        )
    ).all()
    reasons = _reasons(session, [row.id for row in locked])
    return [StandingCase(row.id, row.patient_id, row.reason, reasons.get(row.id, [])) for row in locked]


def closed_by_hand(session: Session, patient_ids: Iterable[int], at: datetime) -> list[ClosedByHand]:
    """The technical cases of these patients that people closed within the longest local day before `at`."""
    closed = session.execute(
        sa.select(Case.id, Case.patient_id, Case.resolved_at).where(
            Case.patient_id.in_(sorted(set(patient_ids))),
            Case.kind == KIND,
            Case.resolved_by != SYSTEM,
            Case.resolved_at > at - _A_LONG_DAY,
        )
    ).all()
    reasons = _reasons(session, [row.id for row in closed])
    return [ClosedByHand(row.patient_id, row.resolved_at, reasons.get(row.id, [])) for row in closed]


def says_unjudged(case_id: sa.ColumnElement[int]) -> sa.ScalarSelect[bool]:
    """Whether a case stands for a patient who cannot be judged; null where it stands for nothing."""
    reasons = CaseEvent.evidence["reasons"]
    newest = sa.select(
        reasons.op("@>")(sa.func.jsonb_build_array(sa.func.jsonb_build_object("kind", CANNOT_JUDGE)))
    )
    newest = newest.where(CaseEvent.case_id == case_id, CaseEvent.evidence.op("?")("reasons"))
    return newest.order_by(CaseEvent.id.desc()).limit(1).scalar_subquery()


def open_technical(
    session: Session, patient_id: int, text: str, reasons: list[dict[str, Any]], at: datetime
) -> int | None:
    """Open the patient's one technical case; its number, or None where one is open already."""
    opened = session.scalar(
        pg.insert(Case)
        .values(
            patient_id=patient_id,
            kind=KIND,
            severity=SEVERITY,
            state=CaseState.OPENED,
            reason=text,
            opened_at=at,
            last_evidence_at=at,
        )
        .on_conflict_do_nothing(
            index_elements=["patient_id", "kind"], index_where=sa.text("state <> 'resolved'")
        )
        .returning(Case.id)
    )
    if opened is not None:
        tell(session, opened, at, "opened", SYSTEM, evidence={"reason": text, "reasons": reasons})
    return opened


def say_again(session: Session, case_id: int, text: str) -> None:
    """The same reasons in newer words, such as fewer messages that are missing."""
    session.execute(sa.update(Case).where(Case.id == case_id).values(reason=text))


def add_technical(
    session: Session, case_id: int, text: str, news: str, reasons: list[dict[str, Any]], at: datetime
) -> None:
    """What an open case stands for has changed: `news` says how, `reasons` are all there are now."""
    session.execute(sa.update(Case).where(Case.id == case_id).values(reason=text, last_evidence_at=at))
    tell(session, case_id, at, "evidence", SYSTEM, evidence={"reason": news, "reasons": reasons})


def close_technical(session: Session, case_id: int, why: str, at: datetime) -> None:
    """No reason is left. Nobody is said to have seen the case who has not."""
    closed = session.scalar(
        sa.update(Case)
        .where(Case.id == case_id, Case.kind == KIND, Case.state != CaseState.RESOLVED)
        .values(state=CaseState.RESOLVED, resolved_at=at, resolved_by=SYSTEM, outcome=Outcome.TECHNICAL)
        .returning(Case.id)
    )
    if closed is not None:
        outcome = {"outcome": str(Outcome.TECHNICAL), "reason": why}
        tell(session, closed, at, "resolved", SYSTEM, evidence=outcome)


def _reasons(session: Session, case_ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    rows = session.execute(
        sa.text(
            """
            SELECT DISTINCT ON (case_id) case_id, evidence -> 'reasons' FROM case_event
            WHERE case_id = ANY(:cases) AND evidence ? 'reasons' ORDER BY case_id, id DESC
            """
        ),
        {"cases": case_ids},
    )
    return {case_id: list(found) for case_id, found in rows}
