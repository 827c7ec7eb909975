"""What could not be written: it is passed over, and tried again by itself, less and less often."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

SOON, SELDOM = timedelta(seconds=1), timedelta(seconds=60)


@dataclass(slots=True)
class PassedOver:
    """Numbers of decisions, or of cases. Pure; used by one thread, after a restart it is learned again."""

    _waits: dict[int, tuple[timedelta, datetime]] = field(default_factory=dict)

    @property
    def numbers(self) -> Collection[int]:
        """They are not taken together with others."""
        return self._waits.keys()

    def due(self, at: datetime) -> list[int]:
        """Those to be tried again by now."""
        return [number for number, (_, again_at) in self._waits.items() if again_at <= at]

    def broke(self, number: int, at: datetime) -> timedelta:
        """It could not be written; how long until it is tried again."""
        had = self._waits.get(number)
        wait = SOON if had is None else min(2 * had[0], SELDOM)
        self._waits[number] = (wait, at + wait)
        return wait

    def went(self, number: int) -> None:
        """It is written, or gone."""
        self._waits.pop(number, None)
