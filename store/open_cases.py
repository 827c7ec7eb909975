"""Decisions to cases: at most one open clinical case a patient, and the timers of those that wait."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Session

from ladder.words import CaseState, is_worse
from store.case_life import join, tick
from store.cases import SYSTEM, Case, tell
from store.people import Patient
from store.wards import Ward, ward_of


def lock_open_cases(session: Session, patient_ids: Collection[int]) -> None:
    """Lock the open clinical cases of these patients, in the order of their numbers: whoever locks several
    cases and waits for them does so in this order (`store.holds` ends the silence of a ward)."""
    session.execute(
        sa.select(Case.id)
        .where(
            Case.patient_id == sa.any_(sa.cast(list(patient_ids), sa.ARRAY(sa.BigInteger))),
            Case.kind == "clinical",
            Case.state != CaseState.RESOLVED,
        )
        .order_by(Case.id)
        .with_for_update()
    )


def open_or_join(
    session: Session,
    patient_id: int,
    severity: str,
    reason: str,
    evidence: dict[str, Any],
    channels: Sequence[str],
    at: datetime,
    *,
    untold: str = "",
) -> tuple[int, bool]:
    """The patient's one open clinical case with this evidence in it; (case id, whether it was opened now).

    A page brings its outbox rows in the same transaction, as `ladder.life` says. A page that is more severe
    raises the severity, nothing lowers it. `untold` says why nobody is told, however severe: the case is
    there to be looked at.
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
    case = session.scalars(
        sa.select(Case)
        .where(Case.patient_id == patient_id, Case.kind == "clinical", Case.state != CaseState.RESOLVED)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if case is None:  # resolved between the two statements: this evidence opens the next one
        return open_or_join(session, patient_id, severity, reason, evidence, channels, at, untold=untold)
    if not is_worse(case.severity, severity):
        case.reason = reason
    kind = "evidence" if opened is None else "opened"
    tell(session, case.id, at, kind, SYSTEM, evidence=evidence)
    join(session, case, severity, untold, at, channels)
    return case.id, opened is not None


def take_turn(
    session: Session, channels: Sequence[str], at: datetime, most: int, only: int | None = None
) -> int:
    """Take the turns of cases that are due: the next rung, or the end of an answer or a snooze. How many.

    Cases that another worker holds are left to it. `only`: of this case, if it is due.
    """
    due = session.execute(
        sa.select(Case, Patient.site)
        .join(Patient, Patient.id == Case.patient_id)
        .where(Case.next_at <= at, sa.true() if only is None else Case.id == only)
        # Where the silence of a ward ends, whoever is urgent waits for nobody who is not.
        .order_by(sa.case((Case.severity == "high", 0), else_=1), Case.next_at)
        .limit(most)
        .with_for_update(skip_locked=True, of=Case)
    ).all()
    wards: dict[str, Ward] = {}
    for case, site in due:
        if site not in wards:
            wards[site] = ward_of(session, site, channels)
        tick(session, case, at, wards[site])
    return len(due)
