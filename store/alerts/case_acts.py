"""What persons do with a case: they have seen it, give it to somebody, close it, open it again, put it off.

Each locks the case and lets `case_life` carry it out: in the transaction of the caller, who takes it back
whole when it is refused (`NotNow`). None of it tells anybody.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ladder.happenings import Acknowledged, Assigned, Reopened, Resolved, Snoozed, SnoozeEnded
from ladder.timing import LONGEST_HOLD
from ladder.words import CaseState, Outcome
from store.alerts.case_life import NotNow, happen, locked
from store.alerts.cases import SYSTEM, Case, tell

#: So long a closed case can be re-opened.
REOPENS_FOR = timedelta(days=30)


def acknowledge(
    session: Session,
    case_id: int,
    by: str,
    at: datetime,
    comment: str | None = None,
    until: datetime | None = None,
) -> bool:
    """ "I have seen this", and have it until then. What waits to be sent is cancelled. False when somebody
    had said so before. Raises `NotNow`."""
    case = locked(session, case_id)
    if not happen(session, case, Acknowledged(by, until), at):
        return False
    tell(session, case_id, at, "acknowledged", by, comment, _until(case))
    return True


def assign(
    session: Session,
    case_id: int,
    by: str,
    to: str,
    at: datetime,
    comment: str | None = None,
    until: datetime | None = None,
) -> bool:
    """Give the case to a named person, who has it from now on. False when that person has it already. Raises
    `NotNow`."""
    case = locked(session, case_id)
    if not happen(session, case, Assigned(by, to, until), at):
        return False
    tell(session, case_id, at, "assigned", by, comment, {"to": to, **_until(case)})
    return True


def resolve(
    session: Session,
    case_id: int,
    by: str,
    outcome: Outcome,
    at: datetime,
    comment: str | None = None,
    until: datetime | None = None,
) -> bool:
    """Close a case with what it turned out to be. False when it was closed before.

    An expected level quietens pages, so it ends: at `until`, at the latest after 30 days (`accepted`).
    Raises `NotNow`.
    """
    case = locked(session, case_id)
    if not happen(session, case, Resolved("" if by == SYSTEM else by, outcome), at):
        return False
    said: dict[str, Any] = {"outcome": str(outcome)}
    if outcome == Outcome.EXPECTED_LEVEL:
        if until is not None and not at < until <= at + LONGEST_HOLD:
            raise NotNow(f"An expected level holds for at most {LONGEST_HOLD.days} days from now.")
        said["until"] = (until or at + LONGEST_HOLD).isoformat()
    elif until is not None:
        raise NotNow("Only an expected level has a time until which it holds.")
    case.resolved_at, case.resolved_by = at, by
    tell(session, case_id, at, "resolved", by, comment, said)
    return True


def reopen(session: Session, case_id: int, by: str, at: datetime, comment: str | None = None) -> bool:
    """It is not over: whoever says so has it. False when it is open. Raises `NotNow` when the patient has
    another open case: what is new belongs there, or when it was closed long ago."""
    case = locked(session, case_id)
    if case.resolved_at is not None and at - case.resolved_at > REOPENS_FOR:
        raise NotNow(f"The case was closed more than {REOPENS_FOR.days} days ago: what is new opens another.")
    other = session.scalar(
        sa.select(Case.id).where(
            Case.patient_id == case.patient_id,
            Case.kind == case.kind,
            Case.state != CaseState.RESOLVED,
            Case.id != case_id,
        )
    )
    if other is not None:
        raise NotNow(f"The patient has an open case already, {other}: what is new belongs there.")
    case.resolved_at = case.resolved_by = None
    try:
        if not happen(session, case, Reopened(by), at):
            return False
        session.flush()
    except sa.exc.IntegrityError as taken:  # opened since the look
        raise NotNow("The patient has another open case by now: what is new belongs there.") from taken
    tell(session, case_id, at, "reopened", by, comment)
    return True


def snooze(session: Session, case_id: int, agreed: Snoozed, at: datetime, why: str) -> None:
    """Nobody is told until then. Raises `NotNow`. Who wanted it and why stands in `store.alerts.silences`."""
    case = locked(session, case_id)
    happen(session, case, agreed, at)
    until = {"until": agreed.until.isoformat(), "second": agreed.second}
    tell(session, case_id, at, "snoozed", agreed.by, why, {k: v for k, v in until.items() if v})


def end_snooze(session: Session, case_id: int, by: str, at: datetime) -> None:
    """Whoever would have been told is told from now on, unless somebody has the case."""
    case = locked(session, case_id)
    if happen(session, case, SnoozeEnded(by), at):
        tell(session, case_id, at, "snooze_ended", by)


def _until(case: Case) -> dict[str, Any]:
    return {} if case.held_until is None else {"until": case.held_until.isoformat()}
