"""Decisions to cases: at most one open clinical case for a patient, its messages in the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from store.cases import Case, has_open_case
from store.database import transaction
from store.decisions import WITHOUT_CASE, Decision, was_taken
from store.open_cases import lock_open_cases, open_or_join, take_turn
from store.people import Patient
from store.taken_back import take_back

log = structlog.get_logger()

FIRE = "fire"
AT_ONCE = 100


def take_decisions(engine: sa.Engine, channels: Sequence[str], at: datetime) -> int:
    """Turn what was decided since the last time into cases; how many decisions were taken.

    The decision is marked and the case, its evidence and its outbox rows are written together, so a
    crash at any point leaves either nothing or everything. One that cannot be written keeps nobody else
    waiting: it is passed over, named in the log, and tried again.
    """
    waiting = sa.select(Decision.id).where(sa.not_(Decision.told)).order_by(Decision.id)
    return _past_what_breaks(
        engine, waiting, "decision", lambda only: _take_together(engine, channels, at, only)
    )


def take_turns(engine: sa.Engine, channels: Sequence[str], at: datetime) -> int:
    """Take the turns of the cases whose time has come; how many. Each is written whole or not at all, and one
    that cannot be written keeps no other waiting."""

    def take(only: int | None) -> int:
        with transaction(engine) as session:
            return take_turn(session, channels, at, AT_ONCE, only)

    waiting = sa.select(Case.id).where(Case.next_at <= at).order_by(Case.next_at)
    return _past_what_breaks(engine, waiting, "turn", take)


def _past_what_breaks(
    engine: sa.Engine, waiting: sa.Select[int], what: str, take: Callable[[int | None], int]
) -> int:
    """Take those that wait together; where that breaks, one after the other. How many were taken.

    A database that is away breaks everything alike, and is the caller's to wait for.
    """
    try:
        return take(None)
    except sa.exc.OperationalError:
        raise
    except Exception as error:  # noqa: BLE001  whatever it is, it is of one of them
        log.error("one by one now", action=f"{what}s_broke", error=type(error).__name__)
    with transaction(engine) as session:
        numbers = session.scalars(waiting.limit(AT_ONCE)).all()
    taken = 0
    for number in numbers:
        try:
            taken += take(number)
        except sa.exc.OperationalError:
            raise
        except Exception as error:  # noqa: BLE001
            log.error("passed over", action=f"{what}_broke", number=number, error=type(error).__name__)
    return taken


def _take_together(engine: sa.Engine, channels: Sequence[str], at: datetime, only: int | None) -> int:
    with transaction(engine) as session:
        decisions = session.scalars(
            sa.select(Decision)
            .where(sa.not_(Decision.told), sa.true() if only is None else Decision.id == only)
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
        # Whoever ends a silence locks cases by their number, too: so nobody waits for each other for ever.
        gone = {decision.patient_id for decision in decisions if decision.evidence.get("withdraws")}
        lock_open_cases(session, patients | gone)
        for decision in sorted(decisions, key=lambda one: (one.patient_id, one.id)):
            if decision.verdict == FIRE:
                _take(session, decision, channels, at)
            take_back(session, decision, at)
        del known  # the session forgets what nobody holds
        return len(decisions)


def _take(session: Session, decision: Decision, channels: Sequence[str], at: datetime) -> None:
    """Open or join the case, and tell of it if somebody is to be told.

    What was told once and is decided again in other words (the watch came later, a number was corrected) is
    evidence for the case while that is open, and no reason to open the next one when somebody has closed it.
    """
    decision.untold = _why_untold(decision, was_taken(session, decision))
    if decision.untold == TOLD_BEFORE and not has_open_case(session, decision.patient_id):
        decision.untold = WITHOUT_CASE
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
