"""Decisions to cases: at most one open clinical case a patient, and the timers of those that wait."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Session

from ladder.words import CaseState, is_worse
from store.alerts.case_life import join, tick
from store.alerts.cases import SYSTEM, Case, tell
from store.alerts.silences import silences_over
from store.alerts.wards import ward_of
from store.people import Patient


@dataclass(frozen=True, slots=True)
class Found:
    """Evidence that is for a case. `untold` says why nobody is told of it, however severe it is."""

    patient_id: int
    severity: str
    reason: str
    evidence: dict[str, Any]
    untold: str = ""


def lock_open_cases(session: Session, patient_ids: Collection[int]) -> None:
    """Lock the open clinical cases of these patients, in the order of their numbers: whoever locks several
    cases and waits for them does so in this order (`store.alerts.holds` ends the silence of a ward)."""
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
    """The patient's one open clinical case with this evidence in it; (case id, whether it was opened now)."""
    found = Found(patient_id, severity, reason, evidence, untold)
    return open_or_join_each(session, [found], channels, at)[patient_id]


def open_or_join_each(
    session: Session, found: Collection[Found], channels: Sequence[str], at: datetime
) -> dict[int, tuple[int, bool]]:
    """The one open clinical case of each patient with this evidence in it, at most one a patient: case id and
    whether it was opened now.

    A page brings its outbox rows in the same transaction, as `ladder.life` says. A page that is more severe
    raises the severity, nothing lowers it.
    """
    if not found:
        return {}
    opened = _open(session, found, at)
    whose = [one.patient_id for one in found]
    cases = {
        case.patient_id: (case, site)
        for case, site in session.execute(
            sa.select(Case, Patient.site)
            .join(Patient, Patient.id == Case.patient_id)
            .where(Case.patient_id.in_(whose), Case.kind == "clinical", Case.state != CaseState.RESOLVED)
            .order_by(Case.id)
            .with_for_update(of=Case)
            .execution_options(populate_existing=True)
        )
    }
    wards = {site: ward_of(session, site, channels) for _, site in cases.values()}
    silenced = silences_over(session, cases, wards, at)
    joined, left = {}, []
    for one in found:
        if one.patient_id not in cases:  # resolved between the two statements
            left.append(one)
            continue
        case, site = cases[one.patient_id]
        if not is_worse(case.severity, one.severity):
            case.reason = one.reason
        kind = "opened" if case.id in opened else "evidence"
        tell(session, case.id, at, kind, SYSTEM, evidence=one.evidence)
        join(session, case, one.severity, one.untold, at, wards[site], silenced)
        joined[one.patient_id] = (case.id, case.id in opened)
    session.flush()
    return joined | open_or_join_each(session, left, channels, at)  # theirs opens the next one


def _open(session: Session, found: Collection[Found], at: datetime) -> set[int]:
    """A new case for each patient who has none that is open. By number of the patient: whoever waits for a
    case that another worker is opening holds none for which that one waits."""
    rows = [
        {
            "patient_id": one.patient_id,
            "kind": "clinical",
            "severity": one.severity,
            "state": CaseState.OPENED,
            "reason": one.reason,
            "opened_at": at,
            "last_evidence_at": at,
        }
        for one in sorted(found, key=lambda one: one.patient_id)
    ]
    return set(
        session.scalars(
            pg.insert(Case)
            .values(rows)
            .on_conflict_do_nothing(
                index_elements=["patient_id", "kind"], index_where=sa.text("state <> 'resolved'")
            )
            .returning(Case.id)
        )
    )


def take_turn(
    session: Session,
    channels: Sequence[str],
    at: datetime,
    most: int,
    which: sa.ColumnElement[bool] = sa.true(),
) -> int:
    """Take the turns of cases that are due: the next rung, or the end of an answer or a snooze. How many.

    Cases that another worker holds are left to it. `which` of the cases: a condition.
    """
    due = session.execute(
        sa.select(Case, Patient.site)
        .join(Patient, Patient.id == Case.patient_id)
        .where(Case.next_at <= at, which)
        # Where the silence of a ward ends, whoever is urgent waits for nobody who is not.
        .order_by(sa.case((Case.severity == "high", 0), else_=1), Case.next_at)
        .limit(most)
        .with_for_update(skip_locked=True, of=Case)
    ).all()
    wards = {site: ward_of(session, site, channels) for _, site in due}
    silenced = silences_over(session, [case.patient_id for case, _ in due], wards, at)
    for case, site in due:
        tick(session, case, at, wards[site], silenced)
    return len(due)
