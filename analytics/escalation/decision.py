"""What is said of a patient: a verdict with its reason, never a bare yes or no."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

Severity = Literal["high", "medium", "low"]
Reached = Literal["page", "review", "check_in", "technical"]  #: as the contract names the tiers


class Verdict(StrEnum):
    """What follows for the case of the patient."""

    FIRE = "fire"  #: the case is opened, or joined
    REVIEW = "review"  #: the worklist shows it; no case
    QUIET = "quiet"
    NO_EVIDENCE = "no evidence"  #: too little data to say; never read as "quiet"


@dataclass(frozen=True)
class Decision:
    """One decision; the same rows give the same decision, whenever they are judged again.

    `reason` holds the numbers and is for clinicians only: neither it nor `evidence` belongs in a log.
    """

    verdict: Verdict
    reason: str
    rule: str  #: name and version
    day: date  #: the local day that it is about
    tier: Reached | None = None  #: whom it reaches; None: nobody
    severity: Severity | None = None  #: of a verdict that fires
    score: float | None = None  #: log10 of the odds of an escalation; None where nothing can be judged
    reported_at: datetime | None = None  #: when the report was given that it rests on
    evidence: dict[str, object] = field(default_factory=dict)  #: ready for JSON
