"""What happens to a case, carried out: the row is locked, `ladder.life` decides, row and story and outbox are
written in one transaction.

Only the alerting process tells anybody: it brings the installation's channels. Whoever answers a case (pages,
API, commands) brings none, and what they do never tells.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ladder.happenings import (
    Acknowledged,
    Assigned,
    Cancel,
    Effect,
    Evidence,
    Happening,
    Notified,
    Reopened,
    Resolved,
    Said,
    Snoozed,
    SnoozeEnded,
    Suppressed,
    Tell,
    Tick,
    Unreached,
)
from ladder.life import Life, Refused, after
from ladder.timing import LONGEST_HOLD
from ladder.words import UNANSWERED, CaseState, Outcome
from store import outbox
from store.alert_silences import Silenced, end_snoozes
from store.cases import SYSTEM, Case, CaseEvent, NoSuchCase, tell, tell_together
from store.database import StoreError
from store.people import Patient
from store.wards import Ward, ward_of

#: A ladder whose rungs all reach nobody is gone through at once; more turns than any ladder has.
_TURNS = 100
#: So long a closed case can be re-opened.
REOPENS_FOR = timedelta(days=30)


class NotNow(StoreError):
    """The case does not allow it; the message is one sentence."""


def happen(
    session: Session,
    case: Case,
    happening: Happening,
    at: datetime,
    channels: Sequence[str] = (),
    ward: Ward | None = None,
) -> bool:
    """Let it happen to a locked case; whether anything changed. Raises `NotNow`."""
    ward = ward or ward_of(session, _site(session, case), channels)
    before = life_of(case)
    try:
        life, effects = after(before, happening, ward.timings, at)
    except Refused as refused:
        raise NotNow(str(refused)) from refused
    _write(case, life, at)
    by = getattr(happening, "by", SYSTEM)
    if life.resolved:
        end_snoozes(session, case.id, by, at)
    elif before.snoozed_until is not None and life.snoozed_until is None:
        end_snoozes(session, case.id, by, at, before.snoozed_until)
    _carry_out(session, case, before, effects, ward, at)
    return life != before


def tick(session: Session, case: Case, at: datetime, ward: Ward, silenced: Silenced) -> None:
    """Take the turns of a locked case that are due, past rungs that reach nobody."""
    for _ in range(_TURNS):
        if case.next_at is None or case.next_at > at:
            return
        step = case.step
        quiet = silenced(case.patient_id, _site(session, case), case.severity)
        happen(session, case, Tick() if quiet is None else Tick(*quiet), at, ward=ward)
        if case.step != step and quiet is None and not ward.reached(case.severity, case.rung, at):
            happen(session, case, Unreached(case.rung), at, ward=ward)


def locked(session: Session, case_id: int) -> Case:
    """The case, locked until the transaction ends. Raises `NoSuchCase`."""
    case = session.get(Case, case_id, with_for_update=True, populate_existing=True)
    if case is None:
        raise NoSuchCase(f"There is no case {case_id}.")
    return case


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
    """Give the case to a named person, who has it from now on. Raises `NotNow`."""
    case = locked(session, case_id)
    if case.assigned_to == to and until is None:
        return False
    happen(session, case, Assigned(by, to, until), at)
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

    An expected level quietens pages, so it ends: at `until`, at the latest after 30 days (`store.accepted`).
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
    """Nobody is told until then. Raises `NotNow`. Who wanted it and why stands in `store.alert_silences`."""
    case = locked(session, case_id)
    happen(session, case, agreed, at)
    until = {"until": agreed.until.isoformat(), "second": agreed.second}
    tell(session, case_id, at, "snoozed", agreed.by, why, {k: v for k, v in until.items() if v})


def end_snooze(session: Session, case_id: int, by: str, at: datetime) -> None:
    """Whoever would have been told is told from now on, unless somebody has the case."""
    case = locked(session, case_id)
    if happen(session, case, SnoozeEnded(by), at):
        tell(session, case_id, at, "snooze_ended", by)


def notified(session: Session, case_id: int, at: datetime) -> None:
    """A message about the case is out: an opened case is notified, any other stays what it is."""
    case = locked(session, case_id)
    if case.state == CaseState.OPENED and happen(session, case, Notified(), at):
        tell(session, case_id, at, "notified", SYSTEM)


def notified_together(session: Session, case_ids: Collection[int], at: datetime) -> None:
    """The same for many locked cases at once, as after a digest."""
    told = session.scalars(
        sa.update(Case)
        .where(Case.id.in_(list(case_ids)), Case.state == CaseState.OPENED)
        .values(state=CaseState.NOTIFIED)
        .returning(Case.id)
        .execution_options(synchronize_session=False)
    ).all()
    tell_together(session, sorted(told), at, "notified", SYSTEM)


def unreachable(
    session: Session, case_id: int, step: int, recipient: str, at: datetime, channels: Sequence[str]
) -> None:
    """No channel of a person takes the message of that step: the story says so, once; the case is locked.

    When that is so of everybody of the case's last step, the next rung is told at once, never where somebody
    has answered. After the last rung the same persons would be told: there the ladder keeps its time.
    """
    case = locked(session, case_id)
    said = sa.select(CaseEvent.evidence["recipient"].astext).where(
        CaseEvent.case_id == case_id,
        CaseEvent.kind == "unreachable",
        CaseEvent.evidence["step"].as_integer() == step,
    )
    gone = set(session.scalars(said))
    if recipient in gone or case.state not in UNANSWERED:
        return
    why = f"no channel of {recipient} takes the message of step {step}; they are tried on"
    tell(session, case_id, at, "unreachable", SYSTEM, why, {"step": step, "recipient": recipient})
    if step != case.step or outbox.recipients(session, case_id, step) - gone - {recipient}:
        return
    ward = ward_of(session, _site(session, case), channels)
    if case.rung < len(ward.timings.of[case.severity].rungs):
        happen(session, case, Unreached(case.rung), at, ward=ward)


def join(
    session: Session, case: Case, severity: str, untold: str, at: datetime, ward: Ward, silenced: Silenced
) -> None:
    """Evidence for a locked, open case; whoever is to be told of it is told in this transaction."""
    happen(session, case, Evidence(severity, untold), at, ward=ward)
    tick(session, case, at, ward, silenced)


def life_of(case: Case) -> Life:
    """The case as `ladder.life` sees it."""
    return Life(
        severity=case.severity,
        evidence_at=case.last_evidence_at,
        state=CaseState(case.state),
        paged=case.paged,
        rung=case.rung,
        repeats=case.repeats,
        step=case.step,
        next_at=case.next_at,
        held_until=case.held_until,
        snoozed_until=case.snoozed_until,
        snoozed_severity=case.snoozed_severity,
        acknowledged_by=case.acknowledged_by,
        assigned_to=case.assigned_to,
        outcome=None if case.outcome is None else Outcome(case.outcome),
        unheard=case.unheard,
    )


def _write(case: Case, life: Life, at: datetime) -> None:
    if life.acknowledged_by != case.acknowledged_by:
        case.acknowledged_at = None if life.acknowledged_by is None else at
    for name in Life.__dataclass_fields__:
        if name != "evidence_at":
            setattr(case, name, getattr(life, name))
    case.last_evidence_at = life.evidence_at


def _carry_out(
    session: Session, case: Case, before: Life, effects: Sequence[Effect], ward: Ward, at: datetime
) -> None:
    for effect in effects:
        match effect:
            case Tell(step, rung):
                outbox.put(session, case.id, case.opened_at, step, ward.reached(case.severity, rung, at), at)
            case Suppressed(why, step, rung):
                if step:
                    to = ward.reached(case.severity, rung, at)
                    outbox.put(session, case.id, case.opened_at, step, to, at, suppressed=why)
                # `store.holds` looks for the step: a case whose last one was suppressed waits for a silence.
                tell(session, case.id, at, "suppressed", SYSTEM, why, {"step": step} if step else None)
            case Cancel() if before.step:  # else there is none
                outbox.cancel(session, case.id)
            case Said(kind, why):
                tell(session, case.id, at, kind, SYSTEM, why)


def _site(session: Session, case: Case) -> str:
    return session.get_one(Patient, case.patient_id).site


def _until(case: Case) -> dict[str, Any]:
    return {} if case.held_until is None else {"until": case.held_until.isoformat()}
