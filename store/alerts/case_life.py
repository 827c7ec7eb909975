"""What happens to a case, carried out: the row is locked, `ladder.life` decides, row and story and outbox are
written in one transaction.

Only the alerting process tells anybody: it brings the installation's channels. What persons do stands in
`store.alerts.case_acts`: they bring none, and what they do never tells.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ladder.happenings import (
    Cancel,
    Effect,
    Evidence,
    Happening,
    Resolved,
    Said,
    Snoozed,
    Suppressed,
    Tell,
    Tick,
    Unreached,
)
from ladder.life import Life, Refused, after
from ladder.words import UNANSWERED, CaseState, Outcome, is_worse
from store.alerts import outbox
from store.alerts.cases import SYSTEM, Case, CaseEvent, NoSuchCase, tell, tell_together
from store.alerts.silences import Silenced, end_snoozes
from store.alerts.wards import Ward, ward_of
from store.database import StoreError
from store.people import Patient

#: A ladder whose rungs all reach nobody is gone through at once; more turns than any ladder has.
_TURNS = 100


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
    _carry_out(session, case, before, effects, ward, at, _why_cancelled(happening, by))
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


def notified_together(session: Session, case_ids: Collection[int], at: datetime) -> None:
    """Messages about these locked cases are out: an opened case is notified, any other stays what it is."""
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
    has answered. After the last rung the same persons would be told, and there the ladder keeps its time;
    unless others are on duty by now, or stand in a plan that was saved meanwhile.
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
    told = outbox.recipients(session, case_id, step)
    if step != case.step or told - gone - {recipient}:
        return
    ward = ward_of(session, _site(session, case), channels)
    timing = ward.timings.of[case.severity]
    others = {to.recipient for to in ward.reached(case.severity, case.rung, at)} - told
    if case.rung < len(timing.rungs) or (others and case.repeats < timing.repeats):
        happen(session, case, Unreached(case.rung), at, ward=ward)


def join(
    session: Session, case: Case, severity: str, untold: str, at: datetime, ward: Ward, silenced: Silenced
) -> None:
    """Evidence for a locked, open case; whoever is to be told of it is told in this transaction."""
    found = Evidence(severity, untold)
    if not untold and case.paged and case.next_at is not None and case.next_at > at:
        # It may wait for the end of a silence: the story says so, and not that somebody was told.
        worst = severity if is_worse(severity, case.severity) else case.severity
        quiet = silenced(case.patient_id, _site(session, case), worst)
        found = found if quiet is None else Evidence(severity, untold, *quiet)
    happen(session, case, found, at, ward=ward)
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
    session: Session,
    case: Case,
    before: Life,
    effects: Sequence[Effect],
    ward: Ward,
    at: datetime,
    cancelled: str,
) -> None:
    for effect in effects:
        match effect:
            case Tell(step, rung):
                outbox.put(session, case.id, case.opened_at, step, ward.reached(case.severity, rung, at), at)
            case Suppressed(why, step, rung):
                if step:
                    to = ward.reached(case.severity, rung, at)
                    outbox.put(session, case.id, case.opened_at, step, to, at, suppressed=why)
                # `holds` looks for the step: a case whose last one was suppressed waits for a silence.
                tell(session, case.id, at, "suppressed", SYSTEM, why, {"step": step} if step else None)
            case Cancel() if before.step:  # else there is none
                outbox.cancel(session, case.id, cancelled)
            case Said(kind, why):
                tell(session, case.id, at, kind, SYSTEM, why)


def _why_cancelled(happening: Happening, by: str) -> str:
    """What becomes of messages that wait when it happens; nothing clinical."""
    match happening:
        case Evidence():
            return "told anew, as there is more"
        case Snoozed(until=until):
            return f"snoozed by {by} until {until:%Y-%m-%d %H:%M} UTC"
        case Resolved():
            return f"closed by {by}" if by else "closed"
        case _:
            return f"answered by {by}"


def _site(session: Session, case: Case) -> str:
    return session.get_one(Patient, case.patient_id).site
