"""What may happen to a case, and what may be to be done about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ladder.words import Outcome


@dataclass(frozen=True, slots=True)
class Evidence:
    """A decision about the patient. `untold`: why no clinician is to be told; empty: somebody is.

    `silenced_until`, `silenced_by`: as of `Tick`; it is only said, what is due asks again.
    """

    severity: str
    untold: str = ""
    silenced_until: datetime | None = None
    silenced_by: str = ""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Somebody has seen it, and has it until then (None: as long as the ward says)."""

    by: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Assigned:
    """Somebody gives it to a named person."""

    by: str
    to: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Snoozed:
    """Somebody wants nobody told until then. `second` is another person who agrees."""

    by: str
    until: datetime
    second: str | None = None


@dataclass(frozen=True, slots=True)
class SnoozeEnded:
    """Somebody ends the snooze."""

    by: str


@dataclass(frozen=True, slots=True)
class Resolved:
    """Somebody says what it turned out to be. `by` empty: no person did."""

    by: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Reopened:
    """It is not over; whoever says so has it."""

    by: str


@dataclass(frozen=True, slots=True)
class Notified:
    """A channel took a message about it."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed. `silenced_until`: nobody may be told of this patient before, says `silenced_by`."""

    silenced_until: datetime | None = None
    silenced_by: str = ""


@dataclass(frozen=True, slots=True)
class Unreached:
    """There was nobody to be told at this rung."""

    rung: int


Happening = (
    Evidence
    | Acknowledged
    | Assigned
    | Snoozed
    | SnoozeEnded
    | Resolved
    | Reopened
    | Notified
    | Tick
    | Unreached
)


@dataclass(frozen=True, slots=True)
class Tell:
    """The people of a rung are told."""

    step: int
    rung: int


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A page was decided and nobody is told, for this reason. `step` 0: it was not even somebody's turn."""

    why: str
    step: int = 0
    rung: int = 0


@dataclass(frozen=True, slots=True)
class Cancel:
    """What is not sent yet is not sent any more."""


@dataclass(frozen=True, slots=True)
class Said:
    """A line of the story that no person wrote."""

    kind: str
    why: str


Effect = Tell | Suppressed | Cancel | Said
