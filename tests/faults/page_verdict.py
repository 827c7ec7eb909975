"""What must hold after an evening of faults, counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import sqlalchemy as sa

from ladder.words import CaseState
from store.alerts.cases import Case, CaseEvent
from store.alerts.outbox import Delivery
from store.database import transaction
from store.decisions import Decision
from tests.faults.page_senders import Sender


@dataclass
class Verdict:
    """Sentences of what does not hold, and figures of what happened."""

    wrong: list[str] = field(default_factory=list)
    figures: dict[str, int] = field(default_factory=dict)

    @property
    def well(self) -> bool:
        return not self.wrong

    def in_words(self) -> str:
        told = ", ".join(f"{name} {number}" for name, number in self.figures.items())
        return told + ("\neverything holds" if self.well else "\n" + "\n".join(self.wrong[:20]))


def verdict(engine: sa.Engine, senders: list[Sender]) -> Verdict:
    """Everything is over: nothing waits, nothing runs."""
    found = Verdict()
    with transaction(engine) as session:
        cases = session.scalars(sa.select(Case).order_by(Case.id)).all()
        rows = session.scalars(sa.select(Delivery).order_by(Delivery.id)).all()
        events = session.scalars(sa.select(CaseEvent).order_by(CaseEvent.id)).all()
        untaken = session.scalar(sa.select(sa.func.count()).where(sa.not_(Decision.told)))
    taken = Counter(key for sender in senders for _, key in sender.taken)
    allowed: Counter[str] = Counter()
    for sender in senders:
        allowed += sender.may_come_again
    again = {key: times for key, times in taken.items() if times > 1}
    found.figures = {
        "cases": len(cases),
        "messages": len(rows),
        "taken by sinks": sum(taken.values()),
        "kills": sum(sender.kills for sender in senders),
        "taken twice after a crash": sum(times - 1 for times in again.values()),
        "suppressed": sum(row.state == "suppressed" for row in rows),
        "nobody answered": sum(case.unheard for case in cases),
        "resolved": sum(case.state == CaseState.RESOLVED for case in cases),
    }
    say = found.wrong.append
    if untaken:
        say(f"{untaken} decisions were never taken")
    for key, times in again.items():
        if times > 1 + allowed[key]:
            say(f"message {key} was taken {times} times, {allowed[key]} crashes allow one more each")
    sent = {str(row.digest or row.idempotency_key) for row in rows if row.state == "sent"}
    for key in sent - set(taken):
        say(f"message {key} is marked as sent and no sink has it")
    for row in rows:
        if row.state == "pending":
            say(f"message {row.id} still waits")
        if row.state == "suppressed" and not row.reason:
            say(f"message {row.id} is suppressed without a reason")
    for patient, open_ones in Counter(c.patient_id for c in cases if c.state != CaseState.RESOLVED).items():
        if open_ones > 1:
            say(f"patient {patient} has {open_ones} open cases")
    for case in cases:
        if case.state == CaseState.RESOLVED and case.outcome is None:
            say(f"case {case.id} has no outcome")
        lost = case.paged and case.state != CaseState.RESOLVED and not case.unheard and case.next_at is None
        if lost:
            say(f"case {case.id} is lost: {case.state}, nobody has it, and nothing will tell of it")
        _answered(case, [one for one in events if one.case_id == case.id], rows, found)
    return found


def _answered(case: Case, events: list[CaseEvent], rows: list[Delivery], found: Verdict) -> None:
    """Nothing was decided while somebody had it."""
    own = [row for row in rows if row.case_id == case.id and row.state != "suppressed"]
    since = None
    for event in events:
        if event.kind in ("acknowledged", "assigned", "reopened"):
            since = since or event.at
        elif event.kind in ("acknowledgement_ended", "resolved") and since is not None:
            late = [row for row in own if since < row.decided_at < event.at]
            if late:
                found.wrong.append(f"case {case.id}: {len(late)} messages decided while somebody had it")
            since = None
    if since is not None and any(row.decided_at > since for row in own):
        found.wrong.append(f"case {case.id}: messages decided while somebody has it")
