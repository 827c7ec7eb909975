"""What a rule says of a patient: a verdict with its reason, never a bare yes or no."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

Severity = Literal["high", "medium"]


class Verdict(StrEnum):
    """Fire, be quiet, or admit that nothing can be said."""

    FIRE = "fire"
    QUIET = "quiet"
    NO_EVIDENCE = "no evidence"  #: too little data to say; never read as "quiet"


@dataclass(frozen=True)
class Decision:
    """One decision; the same reports give the same decision, whenever they are judged again.

    `reason` holds the numbers and is for clinicians only: neither it nor `evidence` belongs in a log.
    """

    verdict: Verdict
    reason: str
    rule: str  #: name and version
    severity: Severity | None = None  #: of a verdict that fires
    day: date | None = None  #: the local day of the report that it rests on; None where there is none
    reported_at: datetime | None = None  #: when that report was given
    evidence: dict[str, object] = field(default_factory=dict)  #: ready for JSON
