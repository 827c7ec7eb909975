"""What decides what becomes of a case, and what is asked of it in more than one place. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from ladder.happenings import Said
from ladder.timing import Timings
from ladder.words import CaseState, Outcome


@dataclass(frozen=True, slots=True)
class Life:
    """All that decides what becomes of a case."""

    severity: str
    evidence_at: datetime
    state: CaseState = CaseState.OPENED
    paged: bool = False  #: somebody is to be told of it; else it is there to be looked at
    rung: int = 0  #: the last one that was taken since the ladder began
    repeats: int = 0  #: of the last rung
    step: int = 0  #: how often somebody was to be told, ever
    next_at: datetime | None = None  #: when the next `Tick` is due
    held_until: datetime | None = None  #: so long the acknowledgement holds
    snoozed_until: datetime | None = None
    snoozed_severity: str | None = None  #: up to which the snooze was agreed
    acknowledged_by: str | None = None
    assigned_to: str | None = None
    outcome: Outcome | None = None
    unheard: bool = False  #: the whole ladder was taken and nobody has answered

    @property
    def answered(self) -> bool:
        """Somebody has it."""
        return self.state in (CaseState.ACKNOWLEDGED, CaseState.IN_PROGRESS)

    @property
    def resolved(self) -> bool:
        """It is over."""
        return self.state == CaseState.RESOLVED


class Refused(ValueError):
    """This cannot happen to the case; the message is one sentence for whoever tried."""


def anew(life: Life, timings: Timings, at: datetime) -> Life:
    """The ladder begins again; nobody has it."""
    return replace(
        life,
        state=CaseState.OPENED,
        acknowledged_by=None,
        assigned_to=None,
        held_until=None,
        snoozed_until=None,
        snoozed_severity=None,
        rung=0,
        repeats=0,
        unheard=False,
        next_at=timings.not_before(life.severity, at + timings.of[life.severity].rungs[0]),
    )


def next_of(life: Life, held: datetime | None) -> datetime | None:
    """When an answered or snoozed case comes back: a snooze and an answer both keep it away."""
    if not life.paged:
        return None  # nobody was told of it, so nobody has to be told again
    return max((t for t in (held, life.snoozed_until) if t is not None), default=None)


def had_it(life: Life) -> Said:
    """For the story: what was said of having it has ended."""
    return Said("acknowledgement_ended", f"{life.acknowledged_by} had it until now")


def silenced(until: datetime, by: str) -> str:
    """For the story: why nobody was told, where somebody has silenced the patient."""
    return f"silenced{' by ' + by if by else ''} until {clock(until)}"


def clock(at: datetime | None) -> str:
    """An instant in the story of a case, in UTC."""
    return "later" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"
