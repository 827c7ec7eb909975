"""The legs of the road, and what it means when one is not reached. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

#: In the order of the road.
LEGS = ("block", "receipt", "epoch", "day", "decision", "case", "delivery")

_MISSING = {
    "database": "the database does not answer",
    "patient": "the watchdog's patient is not enrolled: run `actalgia enrol watchdog`",
    "broker": "the broker does not take the watchdog's messages",
    "block": "a message was published and is not stored: look at the broker and at ingest",
    "receipt": "a message is stored and has no receipt: look at ingest and at the broker",
    "epoch": "a block is stored and no minute is made of it: look at ingest",
    "day": "minutes are stored and no day is computed: look at analytics",
    "decision": "a severe answer is stored and not judged: look at analytics",
    "case": "a decision is stored and no case is open: look at alerting",
    "delivery": "a case is open and its message does not reach the test sink: look at alerting",
}


@dataclass(frozen=True, slots=True)
class Round:
    """One journey along the whole road."""

    started_at: datetime
    ended_at: datetime
    legs: Mapping[str, float]  #: seconds from the start until each leg was reached
    missing: str | None = None  #: the first leg that was not reached; None: the road is open
    detail: str | None = None

    @property
    def good(self) -> bool:
        """Everything got through."""
        return self.missing is None


def ended(started_at: datetime, ended_at: datetime, legs: Mapping[str, float], *, days_move: bool) -> Round:
    """A round whose time is over. Where only the day is missing and analytics computes those of others, it
    waits in a queue that moves: after a recomputation that is no trouble."""
    missing = next((leg for leg in LEGS if leg not in legs), None)
    if days_move and set(LEGS) - set(legs) == {"day"}:
        return Round(started_at, ended_at, legs, None, "many days wait to be computed, and they are")
    return Round(started_at, ended_at, legs, missing, None if missing is None else _MISSING[missing])


def failed(started_at: datetime, ended_at: datetime, legs: Mapping[str, float], missing: str) -> Round:
    """A round that could not go on: without database or broker."""
    return Round(started_at, ended_at, legs, missing, _MISSING[missing])


def complete(legs: Collection[str]) -> bool:
    """Whether all legs were reached."""
    return all(leg in legs for leg in LEGS)
