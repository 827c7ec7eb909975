"""Decisions to cases: at most one open clinical case for a patient, its messages in the same transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from alerting.passed_over import PassedOver
from store.alerts.cases import Case, with_open_case
from store.alerts.open_cases import Found, lock_open_cases, open_or_join_each, take_turn
from store.alerts.taken_back import take_back
from store.database import transaction
from store.decisions import WITHOUT_CASE, Decision, taken_before
from store.people import Patient

log = structlog.get_logger()

FIRE = "fire"
AT_ONCE = 100


def take_decisions(
    engine: sa.Engine, channels: Sequence[str], at: datetime, passed: PassedOver | None = None
) -> int:
    """Turn what was decided since the last time into cases; how many decisions were taken.

    The decision is marked and the case, its evidence and its outbox rows are written together, so a
    crash at any point leaves either nothing or everything. One that cannot be written keeps nobody else
    waiting: it is passed over, named in the log, and tried again (`passed` remembers when).
    """

    def take(which: sa.ColumnElement[bool]) -> int:
        return _take_together(engine, channels, at, which)

    return _past_what_breaks(engine, _WAITING, "decision", take, passed or PassedOver(), at)


def take_turns(
    engine: sa.Engine, channels: Sequence[str], at: datetime, passed: PassedOver | None = None
) -> int:
    """Take the turns of the cases whose time has come; how many. Each is written whole or not at all, and one
    that cannot be written keeps no other waiting."""

    def take(which: sa.ColumnElement[bool]) -> int:
        with transaction(engine) as session:
            return take_turn(session, channels, at, AT_ONCE, which)

    waiting = sa.select(Case.id).where(Case.next_at <= at).order_by(Case.next_at)
    return _past_what_breaks(engine, waiting, "turn", take, passed or PassedOver(), at)


def _past_what_breaks(
    engine: sa.Engine,
    waiting: sa.Select[int],
    what: str,
    take: Callable[[sa.ColumnElement[bool]], int],
    passed: PassedOver,
    at: datetime,
) -> int:
    """Take those that wait together; where that breaks, one after the other. How many were taken.

    A database that is away breaks everything alike, and is the caller's to wait for.
    """
    number = waiting.selected_columns[0]

    def by_itself(one: int) -> int:
        try:
            taken = take(number == one)
            passed.went(one)
        except sa.exc.OperationalError:
            raise
        except Exception as error:  # noqa: BLE001
            again_s = passed.broke(one, at).total_seconds()
            kind = type(error).__name__
            log.error("passed over", action=f"{what}_broke", number=one, error=kind, again_s=again_s)
            return 0
        return taken

    again = sum(by_itself(one) for one in passed.due(at)[:AT_ONCE])
    others = number.not_in(passed.numbers)
    try:
        return again + take(others)
    except sa.exc.OperationalError:
        raise
    except Exception as error:  # noqa: BLE001  whatever it is, it is of one of them
        log.error("one by one now", action=f"{what}s_broke", error=type(error).__name__)
    with transaction(engine) as session:
        numbers = session.scalars(waiting.where(others).limit(AT_ONCE)).all()
    return again + sum(by_itself(one) for one in numbers)


#: Where many wait, whoever is urgent waits for nobody who is not.
_URGENT_FIRST = (sa.case((Decision.severity == "high", 0), else_=1), Decision.id)
_WAITING = sa.select(Decision.id).where(sa.not_(Decision.told)).order_by(*_URGENT_FIRST)


def _take_together(
    engine: sa.Engine, channels: Sequence[str], at: datetime, which: sa.ColumnElement[bool]
) -> int:
    with transaction(engine) as session:
        decisions = session.scalars(
            sa.select(Decision)
            .where(sa.not_(Decision.told), which)
            .order_by(*_URGENT_FIRST)
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True)
        ).all()
        if not decisions:
            return 0
        seen = [decision.id for decision in decisions]
        session.execute(sa.update(Decision).where(Decision.id.in_(seen)).values(told=True))
        # Held, so that nobody reads them one by one.
        patients = {decision.patient_id for decision in decisions if decision.verdict == FIRE}
        known = session.scalars(sa.select(Patient).where(Patient.id.in_(patients))).all()
        # Whoever ends a silence locks cases by their number, too: so nobody waits for each other for ever.
        gone = {decision.patient_id for decision in decisions if decision.evidence.get("withdraws")}
        lock_open_cases(session, patients | gone)
        for wave in _waves(decisions):
            _take(session, [decision for decision in wave if decision.verdict == FIRE], channels, at)
            for decision in wave:
                take_back(session, decision, at)
        del known
        return len(decisions)


def _waves(decisions: Iterable[Decision]) -> list[list[Decision]]:
    """The first one of each patient, then the second ...: of one patient they are taken in their order."""
    waves: list[list[Decision]] = []
    had = Counter[int]()
    for decision in sorted(decisions, key=lambda one: one.id):
        if had[decision.patient_id] == len(waves):
            waves.append([])
        waves[had[decision.patient_id]].append(decision)
        had[decision.patient_id] += 1
    return waves


def _take(session: Session, wave: Sequence[Decision], channels: Sequence[str], at: datetime) -> None:
    """Open or join the case of each, and tell of it if somebody is to be told.

    What was told once and is decided again in other words (the watch came later, a number was corrected) is
    evidence for the case while that is open, and no reason to open the next one when somebody has closed it.
    """
    again = taken_before(session, [decision.id for decision in wave])
    there = with_open_case(session, {one.patient_id for one in wave if one.id in again}) if again else ()
    found = []
    for decision in wave:
        decision.untold = _why_untold(decision, decision.id in again)
        if decision.untold == TOLD_BEFORE and decision.patient_id not in there:
            decision.untold = WITHOUT_CASE
        else:
            found.append(_found(decision))
    open_or_join_each(session, found, channels, at)


def _found(decision: Decision) -> Found:
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
    return Found(decision.patient_id, severity, decision.reason, evidence, decision.untold or "")


TOLD_BEFORE = "the same was told before"


def _why_untold(decision: Decision, again: bool) -> str | None:
    """None: somebody is to be told, where the life of the case has it. When in doubt somebody is told."""
    if again:
        return TOLD_BEFORE
    if "accepted_level" in decision.evidence:
        return "this level was accepted as expected for the patient"
    return None
