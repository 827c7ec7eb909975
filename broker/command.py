"""How to run a broker: what a supervisor needs to start it as its child."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Command:
    """A program that stays in the foreground. SIGTERM ends it, SIGHUP makes it read its accounts again."""

    argv: list[str]
    environment: dict[str, str] = field(default_factory=dict)  #: on top of the parent's
