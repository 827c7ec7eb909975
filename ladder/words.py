"""The words in which cases are told, as the contract spells them."""

from __future__ import annotations

from enum import StrEnum

#: The most urgent first; P1, P2 and P3 in talk are the first three.
SEVERITIES = ("high", "medium", "low", "info")


class CaseState(StrEnum):
    """Where a case stands; it is open while it is not resolved."""

    OPENED = "opened"
    NOTIFIED = "notified"
    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "in_progress"
    RESOLVED = "resolved"


UNANSWERED = (CaseState.OPENED, CaseState.NOTIFIED)


class Outcome(StrEnum):
    """What a resolved case turned out to be."""

    ACTED = "acted"
    NO_ACTION = "no_action"
    EXPECTED_LEVEL = "expected_level"
    FALSE = "false"
    TECHNICAL = "technical"
    OTHER = "other"


def is_worse(severity: str, than: str) -> bool:
    """More urgent than the other one."""
    return SEVERITIES.index(severity) < SEVERITIES.index(than)
