"""The words of a message. Nothing clinical, no name, no patient identifier: whoever reads it logs in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


class Message(Protocol):
    """What a channel takes."""

    @property
    def idempotency_key(self) -> UUID:
        """The same message has the same key, however often it is sent."""

    @property
    def subject(self) -> str:
        """One line that may be read on a locked screen."""

    @property
    def text(self) -> str:
        """The whole message."""

    def as_json(self) -> dict[str, object]:
        """The same for programs."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What is sent about one case through one channel."""

    case_id: int
    step: int
    idempotency_key: UUID
    decided_at: datetime
    link: str

    @property
    def subject(self) -> str:
        """One line that may be read on a locked screen."""
        return f"Actalgia: case {self.case_id} waits for you"

    @property
    def text(self) -> str:
        """The whole message."""
        return (
            f"Case {self.case_id} was opened and nobody has acknowledged it yet.\n\n"
            f"Log in to see it and to acknowledge it:\n{self.link}\n\n{_NOTHING_CLINICAL}"
        )

    def as_json(self) -> dict[str, object]:
        """The same for programs."""
        return {
            "case": self.case_id,
            "step": self.step,
            "idempotency_key": str(self.idempotency_key),
            "time": self.decided_at.isoformat(),
            "link": self.link,
        }


@dataclass(frozen=True, slots=True)
class Digest:
    """What is sent about many cases at once to one recipient; none of them is urgent."""

    cases: tuple[int, ...]
    idempotency_key: UUID
    decided_at: datetime  #: of the newest
    link: str

    @property
    def subject(self) -> str:
        """One line that may be read on a locked screen."""
        return f"Actalgia: {len(self.cases)} cases wait for you"

    @property
    def text(self) -> str:
        """The whole message."""
        return (
            f"{len(self.cases)} cases were opened and nobody has acknowledged them yet.\n"
            "None of them is urgent: of an urgent case you are told on its own.\n\n"
            f"Log in to see them and to acknowledge them:\n{self.link}\n\n{_NOTHING_CLINICAL}"
        )

    def as_json(self) -> dict[str, object]:
        """The same for programs."""
        return {
            "cases": list(self.cases),
            "idempotency_key": str(self.idempotency_key),
            "time": self.decided_at.isoformat(),
            "link": self.link,
        }


_NOTHING_CLINICAL = "This message has no clinical content on purpose. Actalgia is not for emergencies.\n"


def link_to(base_url: str, case_id: int) -> str:
    """The page of a case; it asks for a log-in."""
    return f"{base_url.rstrip('/')}/cases/{case_id}"


def link_to_all(base_url: str) -> str:
    """The worklist; it asks for a log-in."""
    return f"{base_url.rstrip('/')}/"
