"""One lane for each address: how many sends it may hold, and whether it is worth trying.

What one address does never holds up another one: it has at most `AT_ONCE` senders, and after `SHUTS_AFTER`
failures in a row none but one every half minute, until that one succeeds. Pure; used by one thread.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

AT_ONCE = 4
FOR_URGENT = 1  #: of these that what is not urgent leaves free
SHUTS_AFTER = 3
SHUT_FOR = timedelta(seconds=30)
#: Sends that were given up on and have not ended. Apprise's cannot be ended from outside.
MOST_GIVEN_UP = 8

GROUPED_OVER = 5  #: so many messages that are not urgent a recipient gets in `WINDOW`, each on its own
WINDOW = timedelta(seconds=60)


@dataclass(slots=True)
class Lane:
    """Of one address."""

    in_flight: int = 0
    given_up: int = 0
    failures: int = 0  #: in a row
    shut_until: datetime | None = None

    def free(self, at: datetime, urgent: bool = True) -> int:
        """How many sends may begin now. One at a time where the last one failed."""
        if self.shut_at(at) is not None or self.given_up >= MOST_GIVEN_UP:
            return 0
        most = 1 if self.failures else AT_ONCE if urgent else AT_ONCE - FOR_URGENT
        return max(0, most - self.in_flight)

    def shut_at(self, at: datetime) -> datetime | None:
        """Until when it is not tried; None: it may be."""
        if self.given_up >= MOST_GIVEN_UP:
            return at + SHUT_FOR
        until = self.shut_until
        # A clock that was set back must not keep it shut for as long as it was set back.
        return until if until is not None and at < until <= at + SHUT_FOR else None

    def began(self) -> None:
        """A send has begun."""
        self.in_flight += 1

    def ended(self, well: bool | None, at: datetime) -> None:
        """A send has ended; None: the address was not asked."""
        self.in_flight -= 1
        if well is not None:
            self._answered(well, at)

    def gave_up(self, at: datetime) -> None:
        """Nobody waits for a send any more; its thread may be there still."""
        self.in_flight -= 1
        self.given_up += 1
        self._answered(False, at)

    def _answered(self, well: bool, at: datetime) -> None:
        self.failures = 0 if well else self.failures + 1
        self.shut_until = at + SHUT_FOR if self.failures >= SHUTS_AFTER else None


@dataclass(slots=True)
class Pace:
    """Of one recipient: how many messages that are not urgent it had lately."""

    told: list[datetime] = field(default_factory=list)

    def room(self, at: datetime) -> int:
        """How many more it may have now, each on its own or as one digest."""
        self.told = [one for one in self.told if timedelta(0) <= at - one < WINDOW]
        return max(0, GROUPED_OVER - len(self.told))

    def tells(self, count: int, at: datetime) -> None:
        """So many go out now. A digest uses up the window."""
        self.told += [at] * min(count, GROUPED_OVER)
