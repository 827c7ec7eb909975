"""Decisions to cases: at most one open clinical case for a patient, its messages in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.cases import has_open_case
from store.database import transaction
from store.decisions import Decision, was_taken
from store.open_cases import open_or_join, take_turn
from store.people import Patient
from store.taken_back import take_back

FIRE = "fire"
AT_ONCE = 100


def take_decisions(engine: sa.Engine, channels: Sequence[str], at: datetime) -> int:
    """Turn what was decided since the last time into cases; how many decisions were taken.

    The decision is marked and the case, its evidence and its outbox rows are written together, so a
    crash at any point leaves either nothing or everything.
    """
    with transaction(engine) as session:
        decisions = session.scalars(
            sa.select(Decision)
            .where(sa.not_(Decision.told))
            # Where many wait, whoever is urgent waits for nobody who is not.
            .order_by(sa.case((Decision.severity == "high", 0), else_=1), Decision.id)
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True)
        ).all()
        if not decisions:
            return 0
        seen = [decision.id for decision in decisions]
        session.execute(sa.update(Decision).where(Decision.id.in_(seen)).values(told=True))
        # Read at once what each of them would read by itself.
        patients = {decision.patient_id for decision in decisions if decision.verdict == FIRE}
        known = session.scalars(sa.select(Patient).where(Patient.id.in_(patients))).all()
        for decision in sorted(decisions, key=lambda one: one.id):
            if decision.verdict == FIRE:
                _take(session, decision, channels, at)
            take_back(session, decision, at)
        del known  # the session forgets what nobody holds
        return len(decisions)


def take_turns(engine: sa.Engine, channels: Sequence[str], at: datetime) -> int:
    """Take the turns of the cases whose time has come; how many. Each is written whole or not at all."""
    with transaction(engine) as session:
        return take_turn(session, channels, at, AT_ONCE)


def _take(session: Session, decision: Decision, channels: Sequence[str], at: datetime) -> None:
    """Open or join the case, and tell of it if somebody is to be told.

    What was told once and is decided again in other words (the watch came later, a number was corrected) is
    evidence for the case while that is open, and no reason to open the next one when somebody has closed it.
    """
    decision.untold = _why_untold(decision, was_taken(session, decision))
    if decision.untold == TOLD_BEFORE and not has_open_case(session, decision.patient_id):
        return
    severity = decision.severity or "medium"
    evidence = {
        **decision.evidence,
        "day": decision.day.isoformat(),
        "rule": decision.rule,
        "reason": decision.reason,
        "severity": severity,
    }
    if decision.tier is not None:
        evidence["tier"] = decision.tier
    open_or_join(
        session,
        decision.patient_id,
        severity,
        decision.reason,
        evidence,
        channels,
        at,
        untold=decision.untold or "",
    )


TOLD_BEFORE = "the same was told before"


def _why_untold(decision: Decision, again: bool) -> str | None:
    """None: somebody is to be told, where the life of the case has it. When in doubt somebody is told."""
    if again:
        return TOLD_BEFORE
    if "accepted_level" in decision.evidence:
        return "this level was accepted as expected for the patient"
    return None
